import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import { addPowerCommand } from './power.ts';

/** What the command prints. */
async function power(words: string): Promise<string> {
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  addPowerCommand(program);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
  try {
    await program.parseAsync(['power', ...words.split(' ').filter(Boolean)], { from: 'user' });
    return printed.join('\n');
  } finally {
    log.mockRestore();
  }
}

const SPREADS = '--fold-spread 0.5 --seed-spread 0.4 --class-spread 3 --rest-spread 2';
const figuresOf = (text: string) => text.split('\n').flatMap((line) => [line.trim().split(/\s+/)]);

describe('clce power', () => {
  it('prints the figures of SciPy for every combination', async () => {
    const text = await power(`--folds 4,8 --seeds 2 --classes 10 ${SPREADS} --comparisons 1 --alpha 0.1`);
    const fixture = new URL('../../../../fixtures/statistics/power.json', import.meta.url);
    const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as {
      cases: { expected: Record<'halfWidth' | 'difference' | 'margin', number> }[];
    };
    const { halfWidth, difference, margin } = cases[0]!.expected;
    const rows = figuresOf(text);
    expect(rows).toContainEqual([
      '8',
      '2',
      '10',
      '16',
      ...[halfWidth, difference, margin].map((x) => x.toFixed(2)),
    ]);
    expect(rows.filter(([folds]) => folds === '4' || folds === '8')).toHaveLength(2);
    expect(text).toContain('with 80 % power');
    expect(text.replaceAll('\n', ' ')).toContain('Level 0.1, shared by the 2 tests of the family');
  });

  it('needs more points for a larger family', async () => {
    const found = async (comparisons: number) =>
      Number(
        figuresOf(
          await power(`--folds 8 --seeds 2 --classes 10 ${SPREADS} --comparisons ${comparisons}`),
        ).find(([folds]) => folds === '8')![5],
      );
    expect(await found(16)).toBeGreaterThan(await found(1));
  });

  it.each([
    'folds 8',
    'seeds 2',
    'classes 10',
    'fold-spread 1',
    'seed-spread 1',
    'class-spread 1',
    'rest-spread 1',
    'comparisons 2',
  ])('assumes nothing where --%s is missing', async (missing) => {
    const all = `--folds 8 --seeds 2 --classes 10 --fold-spread 1 --seed-spread 1 --class-spread 1 --rest-spread 1 --comparisons 2`;
    await expect(power(all)).resolves.toContain('fold 1, seed 1');
    await expect(power(all.replace(`--${missing}`, ''))).rejects.toThrow(
      `required option '--${missing.split(' ')[0]} `,
    );
  });

  it('names a value that it cannot take', async () => {
    const rest = `--seeds 2 --classes 10 --comparisons 1`;
    await expect(power(`--folds 1 ${rest} ${SPREADS}`)).rejects.toThrow('at least 2 folds');
    await expect(power(`--folds 8 ${rest} --fold-spread -1`)).rejects.toThrow(
      '"-1" is not a number of points',
    );
    await expect(power(`--folds 8 ${rest} ${SPREADS} --power 1.5`)).rejects.toThrow('"1.5" is not a share');
    await expect(power(`--folds 8 ${rest} ${SPREADS} --power 0.04`)).rejects.toThrow(
      '--power 0.04 must be above',
    );
    await expect(power(`--folds 8 ${rest} ${SPREADS.replace(/\d\S*/g, '0')}`)).rejects.toThrow(
      'all four spreads are 0',
    );
  });
});
