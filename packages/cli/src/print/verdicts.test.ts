import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { csvRecords, parseSeedCsv, type SeedRow, SIGNIFICANCE } from '@clce/results';
import { describe, expect, it } from 'vitest';
import { comparisonLines } from './verdicts.ts';

const committed = (file: string) => {
  const path = fileURLToPath(new URL(`../../../../results/${file}`, import.meta.url));
  return readFileSync(path, 'utf8');
};

/** Verdict and methods of each line with the given words. */
function verdictsOf(rows: readonly SeedRow[], ...words: readonly string[]): string[] {
  return comparisonLines(rows)
    .split('\n')
    .filter((line) => words.every((word) => line.includes(word)))
    .map((line) => line.replace(/ +/g, ' ').replace(/, (icons|fashion-mnist).*/, ''));
}

describe.each(['fewshot-standard', 'transfer-standard', 'batch-size-standard', 'ablation-standard'])(
  'the verdicts on %s',
  (name) => {
    const rows = parseSeedCsv(committed(`${name}.seeds.csv`), name);
    const table = csvRecords(committed(`${name}.csv`), name).filter(
      ({ measure, difference }) => measure === 'accuracy' && difference !== '',
    );

    it('every method beside the reference has one in each setting, and it is the table’s', () => {
      const reference = table[0]!['reference']!;
      const outcomes = { better: 0, worse: 0, undecided: 0 };
      for (const { difference, p_holm } of table) {
        const decided = Number(p_holm) < SIGNIFICANCE;
        outcomes[decided ? (Number(difference) > 0 ? 'better' : 'worse') : 'undecided']++;
      }
      const lines = verdictsOf(rows, ' − ').filter((line) => {
        const [, one, other] = /^\w+ (.+) − (.+)$/.exec(line)!;
        return one === reference || other === reference;
      });
      expect(lines).toHaveLength(table.length);
      const mirrored = { better: 'worse', worse: 'better', undecided: 'undecided' } as const;
      for (const line of lines) {
        const [, verdict, one] = /^(better|worse|undecided) (.+) − /.exec(line)!;
        const outcome = verdict as keyof typeof outcomes;
        outcomes[one === reference ? mirrored[outcome] : outcome]--;
      }
      expect(outcomes).toEqual({ better: 0, worse: 0, undecided: 0 });
      for (const method of new Set(table.map(({ loss }) => loss!))) {
        expect(verdictsOf(rows, method, ' − ', reference).length).toBeGreaterThan(0);
      }
    });
  },
);

it('the last line says what verdicts and intervals are', () => {
  const rows = parseSeedCsv(committed('fewshot-standard.seeds.csv'), 'x');
  expect(comparisonLines(rows)).toMatch(
    /\nVerdicts are by the Holm-corrected p; the 95 % intervals are unadjusted\.$/,
  );
  expect(comparisonLines(rows.filter(({ loss }) => loss === 'CE'))).toBe(
    'no two methods were run on the same seeds',
  );
});

it('methods on validation data have figures, no verdict, and a line that says why', () => {
  const rows = parseSeedCsv(committed('fewshot.seeds.csv'), 'x');
  const lines = comparisonLines(rows.map((row) => ({ ...row, evaluated_on: 'validation' }))).split('\n');
  expect(lines.at(-1)).toBe(
    'Validation data choose settings, so no method is judged on them. The 95 % intervals are unadjusted.',
  );
  const compared = lines.slice(0, -1);
  expect(compared.length).toBeGreaterThan(3);
  for (const line of compared) {
    expect(line).toMatch(/^not judged {2}.* · validation classes: [+−][\d.]+ \[.*\], 3 seeds$/);
  }
  expect(comparisonLines(rows)).not.toMatch(/not judged|Validation/);
});
