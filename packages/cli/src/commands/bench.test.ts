import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@clce/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseProvenance } from '../stored/provenance-file.ts';
import { benchFewshot, fewshot, small } from '../testing/bench-runs.ts';
import { printedBy } from '../testing/printed-by.ts';
import { addBenchCommand } from './bench.ts';

const weights = fileURLToPath(
  new URL('../../../../fixtures/models/resnet_basic.safetensors', import.meta.url),
);

const root = mkdtempSync(join(tmpdir(), 'clce-bench-'));
const data = join(root, 'data');
const ledger = join(root, 'runs');
const out = join(root, 'table.csv');

/** What needs no worker runs in this process: a program of its own takes seconds to load. */
const clceHere = (...flags: string[]) => printedBy(addBenchCommand, 'bench', fewshot, ...flags);
const places = ['--data', data, '--ledger', ledger, '--out', out];
/** One worker: a second one takes longer to load than two small cells take. */
const bench = (...flags: string[]) => benchFewshot(...places, ...small, '--workers', '1', ...flags);

const grid = ['λ = 0.1, τ = 0.1', 'λ = 0.1, τ = 0.5', 'λ = 0.9, τ = 0.1', 'λ = 0.9, τ = 0.5'].map(
  (values) => `CLCE, ${values}`,
);

/** Titles of the trained methods in the list of a dry run, in alphabetical order. */
function rowsOf(listed: string): string[] {
  return [...listed.matchAll(/ · conv4 · (.*) · batch /g)].map(([, title]) => title!).toSorted();
}

/** Of the error that it ends with; where `main.ts` takes the error for none of the user's, with its stack, as there. */
function messageOf(run: Promise<string>): Promise<string> {
  return run.then(
    (printed) => `no error: ${printed}`,
    (error: Error) => (error instanceof UserError || 'code' in error ? error.message : error.stack!),
  );
}

function results(): Map<string, string> {
  return new Map(
    readdirSync(ledger)
      .filter((key) => !key.startsWith('.'))
      .map((key) => [key, readFileSync(join(ledger, key, 'result.json'), 'utf8')]),
  );
}

afterAll(() => rmSync(root, { recursive: true }));

describe('clce bench', () => {
  let table: string;
  beforeAll(async () => {
    cpSync(process.env['CLCE_TEST_FEW_ICONS']!, data, { recursive: true });
    const { exitCode, stderr, stdout } = await benchFewshot(...places, ...small);
    expect(stderr).toContain('[3/3]');
    expect(stderr).toMatch(/^Few-shot .*, preset quick\. A demonstration/m);
    expect(stdout).toMatch(/^Few-shot .*, preset quick\. A demonstration/);
    expect(stdout).toMatch(/^CLCE +1 /m);
    expect(exitCode).toBe(0);
    table = readFileSync(out, 'utf8');
  });

  it('writes a row for each loss × shot × classifier, each measure of embeddings and the pixel baseline', () => {
    expect(table.trim().split('\n')).toHaveLength(1 + 2 + 2 * (2 * 2 + 6));
  });

  it('writes the provenance of each row beside the table', () => {
    const text = readFileSync(join(root, 'table.provenance.json'), 'utf8');
    expect(JSON.parse(text).preset.recipe.budget.steps).toBe(2);
    const file = parseProvenance(text, 'table.provenance.json');
    const keys = file.cells.map(({ key }) => key);
    expect(keys.toSorted()).toEqual([...results().keys()].toSorted());
    for (const { provenance } of file.cells) expect(provenance).toMatchObject({ node: process.version });
    for (const key of keys) expect(table).toContain(key.slice(0, 12));
  });

  it('writes every single measurement and plots beside the table', () => {
    const seeds = readFileSync(join(root, 'table.seeds.csv'), 'utf8').trim().split('\n');
    expect(seeds).toHaveLength(1 + 2 * (2 * 2 + 6));
    const similarities = readFileSync(join(root, 'table.similarities.csv'), 'utf8').trim().split('\n');
    expect(similarities).toHaveLength(1 + 2 * 2 * 40);
    const map = readFileSync(join(root, 'table.embedding-map.csv'), 'utf8').trim().split('\n');
    expect(map).toHaveLength(1 + 2 * 10 * 15);
    for (const plot of ['similarities', 'embedding-map']) {
      expect(readFileSync(join(root, `table.${plot}.svg`), 'utf8')).toContain(
        'icons · conv4 · CLCE · batch 32',
      );
    }
    const svg = readFileSync(join(root, 'table.differences.svg'), 'utf8');
    expect(svg.match(/aria-roledescription="point"/g)).toHaveLength(2 * 2);
    expect(existsSync(join(root, 'table.differences.png'))).toBe(true);
    expect(existsSync(join(root, 'table.by-batch-size.svg'))).toBe(false);
  });

  it('--config changes the preset, and flags change it further', async () => {
    const config = join(root, 'mine.yaml');
    writeFileSync(config, 'seeds: [7, 8]\nbatchSizes: [16]\n');
    const flags = ['--data', data, '--config', config, '--losses', 'clce', '--dry-run'];
    expect(await clceHere(...flags)).toMatch(/CLCE · batch 16 · seed 8\n3 cells/);
    writeFileSync(config, 'batchSizes: [16]\nseeds: [7.5]\n');
    await expect(clceHere(...flags)).rejects.toThrow(/mine\.yaml, line 2: seeds\.0: .*$/);
  });

  it('--sweep makes a row of each combination, and is refused in a line', async () => {
    const flags = ['--data', data, '--losses', 'ce,clce', '--seeds', '5', '--dry-run'];
    const sweep = ['--sweep', 'loss.lambda=0.1,0.9', '--sweep', 'loss.temperature=0.1,0.5'];
    const listed = await clceHere(...flags, ...sweep);
    expect(rowsOf(listed)).toEqual(['CE', ...grid]);
    await expect(clceHere(...flags, '--sweep', 'loss.margin=1')).rejects.toThrow(
      /^--sweep loss\.margin=1: no loss of this run has it; .*$/,
    );
  });

  it.each([
    ['grid.yaml', ['CE', ...grid]],
    ['two-rows.yaml', ['CE', 'CLCE at its defaults', 'CLCE, λ = 0.5, τ = 0.1']],
  ])('docs/examples/%s lists its rows', async (name, rows) => {
    const example = fileURLToPath(new URL(`../../../../docs/examples/${name}`, import.meta.url));
    expect(rowsOf(await clceHere('--data', data, '--config', example, '--dry-run'))).toEqual(rows);
  });

  it('run again, it takes every cell from the ledger and gives the same bytes', async () => {
    const { stderr } = await bench();
    expect(stderr.match(/done before/g)).toHaveLength(3);
    expect(readFileSync(out, 'utf8')).toBe(table);
  });

  it('--json: one line for each event, and the table last', async () => {
    const { stdout } = await bench('--json');
    const events = stdout.split('\n').map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual([...Array(3).fill('cell-skipped'), 'finished']);
    expect(events[1]).toMatchObject({
      key: expect.stringMatching(/^[0-9a-f]{64}$/),
      label: expect.any(String),
    });
    expect(events[3]).toMatchObject({ table: out, cells: 3 });
  });

  it('computes only a deleted and a damaged cell again, to the same bytes', async () => {
    const before = results();
    const [first, second] = [...before.keys()];
    rmSync(join(ledger, first!), { recursive: true });
    writeFileSync(join(ledger, second!, 'result.json'), before.get(second!)!.slice(0, 100));
    const { stderr } = await bench();
    expect(stderr.match(/done before/g)).toHaveLength(1);
    expect(
      stderr.match(/result\.json cannot be believed: it has changed since it was written/g),
    ).toHaveLength(1);
    expect(results()).toEqual(before);
    expect(readFileSync(out, 'utf8')).toBe(table);
  });

  it('a YAML file is a suite: the example has the cells of the default preset', async () => {
    const listed = (suite: string) => printedBy(addBenchCommand, 'bench', suite, '--data', data, '--dry-run');
    const example = fileURLToPath(new URL('../../../../docs/examples/suite.yaml', import.meta.url));
    const cells = await listed(example);
    expect(cells).toBe(await listed('fewshot'));
    expect(cells).toMatch(/^[0-9a-f]{12} {2}icons · conv4 · CE · batch 32 · seed 0$/m);
  });

  it('--dry-run lists the cells and runs none', async () => {
    const before = readdirSync(ledger).length;
    const listed = await clceHere('--data', data, ...small, '--dry-run', '--seeds', '5,6');
    expect(listed).toMatch(/5 cells/);
    expect(listed).toMatch(/CLCE · batch 32 · seed 6/);
    expect(readdirSync(ledger)).toHaveLength(before);
  });

  it('--dry-run prepares no data: it says what makes the keys known', async () => {
    const fresh = join(root, 'no-data');
    const flags = ['--data', fresh, ...small, '--datasets', 'icons,fashion-mnist', '--dry-run'];
    const stdout = await clceHere(...flags);
    const lines = stdout.split('\n');
    expect(lines.filter((line) => /^– {13}\S/.test(line))).toHaveLength(6);
    expect(lines).toContain('6 cells');
    expect(stdout).toContain(`./clce data pack icons --size 16 --data ${fresh}`);
    expect(stdout).toMatch(/^ {2}fashion-mnist .*"\.\/clce data fetch fashion-mnist"/m);
    expect(existsSync(fresh)).toBe(false);
    const mixed = await clceHere('--data', data, ...flags.slice(2));
    for (const key of results().keys()) expect(mixed).toContain(`${key.slice(0, 12)}  icons`);
    expect(mixed.match(/^– {13}fashion-mnist/gm)).toHaveLength(3);
  });

  it('a suite that is not there is named with the closest one', async () => {
    expect(await messageOf(printedBy(addBenchCommand, 'bench', 'fewsot', '--dry-run'))).toMatch(
      /^unknown suite "fewsot"\. Did you mean "fewshot"\? Available: fewshot, .*, or a file, such as \.\/mine\.yaml$/,
    );
  });

  it.each([
    [['--engine', 'tfjs-node'], /^engine tfjs-node does not work here: .*"\.\/clce doctor"/],
    [
      ['--backbones', 'resnet18', '--weights', `resnet18=${weights}`],
      /resnet_basic\.safetensors has other shapes: .*is it a file for resnet18\?$/,
    ],
  ])('%j: tried once, by --dry-run and before the first cell of a run', async (flags, message) => {
    const fresh = join(root, 'untried');
    const places = ['--data', data, '--ledger', fresh, '--out', join(fresh, 'x.csv')];
    for (const more of [['--dry-run'], []]) {
      const found = await messageOf(clceHere(...places, ...small, ...flags, ...more));
      expect(found).toMatch(message);
      expect(found).not.toContain('\n');
      expect(existsSync(fresh)).toBe(false);
    }
  });

  it.each([
    [['--seeds', '0,0'], /seeds: 0 is listed twice/],
    [['--losses', 'clcee'], /clcee.*Did you mean "clce"/],
    [['--datasets', 'icon'], /icon.*icons/],
    [['--backbones', 'vit'], /vit.*conv4/],
    [['--preset', 'huge'], /huge.*quick, standard, pretrained, full/],
    [['--set', 'loss.lambda=1.5'], /lambda.*1\.5/],
    [['--set', 'loss.temperature=0'], /temperature.*0/],
    [
      ['--set', 'protocol.query=100'],
      /Class .* has \d+ samples.*need 105|Class .* has \d+ samples.*need 101/,
    ],
    [['--batch-sizes', '100000'], /A batch has 1 to \d+ samples, .*, not 100000/],
    [['--seeds', 'one'], /"one" is not a whole number/],
    [['--sedes', '1'], /unknown option '--sedes'/],
  ])('%j: one clear line, nothing written', async (flags, message) => {
    const fresh = join(root, 'never');
    const places = ['--data', data, '--ledger', fresh, '--out', join(fresh, 'x.csv')];
    const found = await messageOf(clceHere(...places, ...flags));
    expect(found).toMatch(message);
    // Commander's proposal is a second one.
    expect(found.split('\n').length).toBeLessThanOrEqual(2);
    expect(existsSync(fresh)).toBe(false);
  });

  it('a mistake is one line on standard error, and the exit code is not 0', async () => {
    const { exitCode, stderr } = await benchFewshot(...places, '--losses', 'clcee');
    expect(stderr).toMatch(/^error: .*Did you mean "clce".*\n?$/);
    expect(exitCode).toBe(1);
    const { stderr: said } = await benchFewshot(...places, '--config', 'nowhere.yaml');
    expect(said.trim()).toBe('error: there is no file nowhere.yaml');
  });

  it('a damaged pack: one line that names the file and says what to do', async () => {
    const damaged = join(root, 'damaged');
    mkdirSync(join(damaged, 'icons'), { recursive: true });
    const pack = join(damaged, 'icons', 'icons-32.pack');
    copyFileSync(join(data, 'icons', 'icons-32.pack'), pack);
    const bytes = readFileSync(pack);
    bytes[bytes.length - 1000]! ^= 1;
    writeFileSync(pack, bytes);
    const found = await messageOf(clceHere('--data', damaged, '--dry-run'));
    expect(found).toContain(pack);
    expect(found).toMatch(/corrupt.*delete it/);
  });

  it('a file where the folder of the table should be: one line, before the first cell', async () => {
    writeFileSync(join(root, 'file'), '');
    const runs = join(root, 'not-begun');
    const elsewhere = ['--data', data, '--ledger', runs, '--out', join(root, 'file', 'table.csv')];
    const found = await messageOf(clceHere(...elsewhere, ...small));
    expect(found).toMatch(/^cannot write .*file.table\.csv: .*$/);
    expect(existsSync(runs)).toBe(false);
  });

  it('--out with the name of a file beside a table: one line', async () => {
    const found = await messageOf(clceHere('--data', data, '--out', join(root, 'x.seeds.csv'), ...small));
    expect(found).toMatch(/^--out ".*x\.seeds\.csv": expected NAME\.csv.*$/);
  });

  it('a file where the ledger should be: one line, no partial file', async () => {
    const file = join(root, 'not-a-folder');
    writeFileSync(file, '');
    const elsewhere = ['--data', data, '--ledger', file, '--out', join(root, 'none.csv')];
    const found = await messageOf(clceHere(...elsewhere, ...small));
    expect(found).toMatch(/^cannot write .*not-a-folder.*$/);
    expect(existsSync(join(root, 'none.csv'))).toBe(false);
  });
});
