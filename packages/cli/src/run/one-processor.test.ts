import { expect, it } from 'vitest';
import { requireOneProcessor } from './one-processor.ts';
import type { SuiteCell } from './plan.ts';
import { runOutcome } from './run-plan.ts';

const on = (key: string, platform: string, ...instructionSets: string[]) => ({
  key: key.padEnd(64, '0'),
  provenance: { platform, instructionSets },
});
const here = [on('a', 'linux-x64', 'avx2', 'fma'), on('b', 'linux-x64', 'avx2', 'fma', 'avx512f')];

it('cells of one kind of processor are compared, and those of which nothing is known', () => {
  requireOneProcessor(here);
  requireOneProcessor([...here, { key: 'c', provenance: null }]);
  requireOneProcessor([on('a', 'linux-arm64', 'asimd'), on('b', 'linux-arm64', 'asimd')]);
});

it('cells of two kinds are refused in one line, which names the kinds and a cell of the rarer one', () => {
  const mixed = [on('f', 'linux-arm64', 'asimd'), ...here];
  expect(() => requireOneProcessor(mixed)).toThrow(
    /^cells were computed on different kinds of processor, [^\n]*: 2 on x86-64 with AVX2 and FMA; 1 on linux-arm64 with the instruction sets asimd; "\.\/clce rm f00000000000"/,
  );
  expect(() => requireOneProcessor([...here, on('e', 'linux-x64', 'avx')])).toThrow(/instruction sets avx;/);
});

it('no run makes a table of two kinds, nor a choice among trials of two kinds', () => {
  const outcomeOf = (cells: readonly ReturnType<typeof on>[]) => {
    const plan = cells.map(({ key }) => ({ key, label: key, spec: { kind: 'training' } }));
    const outcomes = cells.map(({ provenance }, at) => ({
      ...{ kind: 'done', cell: plan[at], result: {}, digest: '', provenance },
    }));
    return runOutcome(
      plan as unknown as SuiteCell[],
      outcomes as unknown as Parameters<typeof runOutcome>[1],
    );
  };
  expect(outcomeOf(here).finished).toHaveLength(2);
  expect(() => outcomeOf([...here, on('f', 'linux-arm64', 'asimd')])).toThrow(/different kinds of processor/);
});
