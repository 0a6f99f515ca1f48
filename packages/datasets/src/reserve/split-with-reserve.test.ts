import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dataset, rowsOfClasses } from '../dataset.ts';
import { testAuthors } from '../icons/authors.ts';
import { getDataset } from '../registry.ts';
import { trainingBatches } from '../sampling/batches.ts';
import { channelStatistics } from '../sampling/normalise.ts';
import { dealFolds, dealGroups, reservedFamilies } from './deal-reserve.ts';
import { groupOf, splitWithReserve } from './split-with-reserve.ts';

const FOLDS = 8;
const root = mkdtempSync(join(tmpdir(), 'clce-reserve-'));
let icons: Dataset;
let development: Dataset;
let folds: Dataset[];
beforeAll(async () => {
  cpSync(process.env['CLCE_TEST_ICONS']!, root, { recursive: true });
  icons = await getDataset('icons').load({ dataRoot: root, size: 32 });
  development = splitWithReserve(icons, { side: 'development' });
  folds = Array.from({ length: FOLDS }, (_, fold) =>
    splitWithReserve(icons, { side: 'confirmation', folds: FOLDS, fold }),
  );
});
afterAll(() => rmSync(root, { recursive: true }));

/** Rows that training delivers in two epochs. */
function trainedRows(dataset: Dataset): Set<number> {
  const { base } = dataset.split;
  const statistics = channelStatistics(dataset, base);
  const batches = trainingBatches({ dataset, classIndices: base, batchSize: 64, seed: 3, statistics });
  const rows = new Set<number>();
  let batch = batches.batchAt(0);
  for (let step = 0; step < 2 * batches.batchesPerEpoch; step++) {
    batch = batches.batchAt(step, batch);
    for (const row of batch.rows) rows.add(row);
  }
  return rows;
}

/** Authors of the tested samples of base classes. */
const testedAuthors = ({ samples, split }: Dataset) => [
  ...new Set(
    samples
      .filter(({ partition, label }) => partition === 'test' && split.base.includes(label))
      .map(({ author }) => author!),
  ),
];

const reservedClasses = () => new Set(folds.flatMap(({ split }) => split.novel));
const reservedGroups = () => {
  const { samples } = icons;
  return new Set(
    dealGroups(
      samples.map((one) => groupOf(one)!),
      testAuthors(samples),
    ).reserved,
  );
};

describe('the reserve of icons', () => {
  it('has no class and no author whose results have been seen', () => {
    const { validation, novel } = icons.split;
    expect([...validation, ...novel].filter((label) => reservedClasses().has(label))).toEqual([]);
    expect(testAuthors(icons.samples).filter((author) => reservedGroups().has(author))).toEqual([]);
    expect(reservedClasses().size).toBe(93);
    expect(reservedGroups().size).toBe(24);
  });

  it('reaches neither training nor validation of development', () => {
    const delivered = trainedRows(development);
    expect(delivered.size).toBeGreaterThan(1000);
    const used = new Set([
      ...delivered,
      ...rowsOfClasses(development, [...development.split.base, ...development.split.validation]),
    ]);
    const [classes, groups] = [reservedClasses(), reservedGroups()];
    const seen = [...used].map((row) => icons.samples[row]!);
    expect(seen.filter(({ label, author }) => classes.has(label) || groups.has(author!))).toEqual([]);
    expect(development.split.novel).toEqual([]);
  });

  it('has each class novel in one fold, and base in all others', () => {
    const novel = folds.flatMap(({ split }) => split.novel);
    expect(new Set(novel).size).toBe(novel.length);
    for (const { split, classNames } of folds) {
      expect([...split.base, ...split.novel].sort((a, b) => a - b)).toEqual(
        classNames.map((_, label) => label),
      );
      expect(split.validation).toEqual([]);
    }
    const sizes = folds.map(({ split }) => split.novel.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  it('is not trained on in its own fold: no novel class, no tested author, no family on two sides', () => {
    for (const { split } of folds) {
      for (const family of icons.reservable!.families) {
        expect([0, family.length]).toContain(family.filter((label) => split.novel.includes(label)).length);
      }
    }
    const [fold] = folds;
    const { split, samples } = fold!;
    const delivered = [...trainedRows(fold!)].map((row) => samples[row]!);
    expect(delivered.length).toBeGreaterThan(4000);
    const tested = new Set(testedAuthors(fold!));
    expect(
      delivered.filter(({ label, author }) => split.novel.includes(label) || tested.has(author!)),
    ).toEqual([]);
  });

  it('has each author tested in one fold', () => {
    const tested = folds.map(testedAuthors);
    expect(tested.map(({ length }) => length)).toEqual([3, 3, 3, 3, 3, 3, 3, 3]);
    expect(new Set(tested.flat())).toEqual(reservedGroups());
  });

  it('validates on authors that training does not see', () => {
    const authorsOf = (side: string) =>
      new Set(
        development.samples
          .filter(({ partition, label }) => partition === side && development.split.base.includes(label))
          .map(({ author }) => author),
      );
    const [training, held] = [authorsOf('train'), authorsOf('validation')];
    expect(held.size).toBe(9);
    expect([...held].filter((author) => training.has(author))).toEqual([]);
  });

  it('reaches no fold of development, whose classes and authors are held out once', () => {
    const ofDevelopment = [0, 1, 2, 3].map((fold) =>
      splitWithReserve(icons, { side: 'development', folds: 4, fold }),
    );
    const [classes, groups] = [reservedClasses(), reservedGroups()];
    const validated = ofDevelopment.flatMap(({ split }) => split.validation);
    expect(new Set(validated).size).toBe(validated.length);
    expect(validated.length).toBeGreaterThan(90);
    for (const { split, samples } of ofDevelopment) {
      expect(split.novel).toEqual([]);
      const used = samples.filter(({ partition }) => partition !== 'reserved');
      expect(used.filter(({ label, author }) => classes.has(label) || groups.has(author!))).toEqual([]);
      const ofBase = used.filter(({ label }) => split.base.includes(label));
      const authors = (side: string) =>
        new Set(ofBase.filter(({ partition }) => partition === side).map(({ author }) => author!));
      expect(authors('validation').size).toBe(9);
      expect([...authors('validation')].filter((author) => authors('train').has(author))).toEqual([]);
    }
  });

  it('holds out authors alone, or classes alone, and those of both', () => {
    const fold = { side: 'confirmation', folds: FOLDS, fold: 3 } as const;
    const [samples, classes] = (['samples', 'classes'] as const).map((holds) =>
      splitWithReserve(icons, { ...fold, holds }),
    ) as [Dataset, Dataset];
    const { split } = folds[3]!;
    expect(samples.split).toEqual({
      base: icons.classNames.map((_, label) => label),
      validation: [],
      novel: [],
    });
    expect(testedAuthors(samples).sort()).toEqual(testedAuthors(folds[3]!).sort());
    expect(classes.split).toEqual(split);
    expect(testedAuthors(classes)).toEqual([]);
    const developing = (['samples', 'classes'] as const).map((holds) =>
      splitWithReserve(icons, { side: 'development', holds }),
    ) as [Dataset, Dataset];
    const used = developing.map((one) => one.samples.filter(({ partition }) => partition !== 'reserved'));
    const [inReserve, groups] = [reservedClasses(), reservedGroups()];
    expect(used[0]!.filter(({ author }) => groups.has(author!))).toEqual([]);
    expect(used[0]!.some(({ label }) => inReserve.has(label))).toBe(true);
    expect(used[1]!.filter(({ label }) => inReserve.has(label))).toEqual([]);
    expect(used[1]!.some(({ author }) => groups.has(author!))).toBe(true);
    expect(developing.map((one) => one.split.validation)).toEqual([[], icons.split.validation]);
  });

  it('stays what it is: another deal is another rule', () => {
    const inDevelopment = splitWithReserve(icons, { side: 'development', folds: 4, fold: 1 });
    const sides = [development, inDevelopment, ...folds].map(({ split, samples }) => [
      split,
      samples.map(({ partition }) => partition),
    ]);
    const digest = createHash('sha256').update(JSON.stringify(sides)).digest('hex');
    expect(digest.slice(0, 16)).toBe('87ca44e1fb194268');
  });

  it('refuses folds that it cannot make, and sets without families', async () => {
    const confirmation = (count: number, fold: number) => () =>
      splitWithReserve(icons, { side: 'confirmation', folds: count, fold });
    expect(confirmation(25, 0)).toThrow(
      /icons has \d+ families of classes and 24 groups for confirmation, which make 2 to 24 folds, not 25\./,
    );
    expect(confirmation(8, 8)).toThrow('8 folds are numbered from 0 to 7; there is no fold 8.');
    const byAuthor = await getDataset('icons-by-author').load({ dataRoot: root, size: 32 });
    expect(() => splitWithReserve(byAuthor, { side: 'development' })).toThrow(
      'icons-by-author cannot be split with a reserve',
    );
  });
});

describe('dealing', () => {
  const families = [[0, 1, 2], [3], [4, 5], [6], [7, 8, 9, 10, 11, 12, 13, 14, 15], [16, 17], [18], [19]];

  it('reserves whole families up to two fifths of the classes, none of them seen or too large', () => {
    const reserved = reservedFamilies(families, new Set([5]), (label) => `class ${label}`);
    for (const family of reserved) expect(families).toContainEqual(family);
    expect(reserved.flat().length).toBe(8);
    expect(reserved.flat()).not.toContain(4);
    expect(reserved.flat()).not.toContain(7);
  });

  it('gives every fold nearly as many classes', () => {
    const dealt = dealFolds([[9], [1, 2, 3], [4], [5, 6], [7], [8]], 3);
    expect(dealt.map(({ length }) => length)).toEqual([3, 3, 3]);
    expect(dealt.flat().sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('gives each group to one side, and the reserve unseen groups alone', () => {
    const groups = Array.from({ length: 20 }, (_, k) => `g${k}`);
    const { training, validation, reserved } = dealGroups([...groups, ...groups], ['g3', 'g4']);
    expect([...training, ...validation, ...reserved].sort()).toEqual([...groups].sort());
    expect([training.length, validation.length, reserved.length]).toEqual([9, 3, 8]);
    expect(reserved).not.toContain('g3');
  });
});
