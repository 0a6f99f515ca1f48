import { pathToFileURL } from 'node:url';
import { checkPreset, isTuned, type Suite, type TunedPreset } from '@clce/experiments';
import { describe, expect, it } from 'vitest';
import { fewshot } from '../testing/bench-runs.ts';
import type { FinishedSuiteCell } from './run-plan.ts';
import { planTuning, runTrials } from './tuning.ts';

const { default: suite } = (await import(pathToFileURL(fewshot).href)) as { default: Suite };

/** The plan of the preset `tuned` with this largest learning rate. */
function planOf(to: number, trials = 4) {
  const { tuned } = suite.presets;
  const rates = { scale: 'log', from: 1e-3, to };
  const { space } = tuned!.tuning!;
  const preset = checkPreset({
    ...{ ...tuned!, datasets: ['icons'] },
    tuning: { ...tuned!.tuning!, trials, space: { ...space, 'recipe.learningRate': rates } },
  });
  expect(isTuned(preset)).toBe(true);
  return planTuning(preset as TunedPreset, new Map([['icons', 'hash']]), {
    ...{ weights: new Map(), models: new Map(), episodes: undefined },
  });
}

describe('trials', () => {
  it('one that fails stops the run before the choice, whatever the others found', async () => {
    const plan = planOf(3e-2);
    const [failed, ...others] = plan.trials;
    let chosen = 0;
    const choose = () => {
      chosen++;
      return [];
    };
    const error = new Error('out of memory');
    await expect(
      runTrials({ ...plan, choose }, async () => ({
        finished: others as FinishedSuiteCell[],
        failed: [{ label: failed!.label, error }],
      })),
    ).rejects.toThrow(
      /^1 of 16 trials failed, so nothing is chosen: .*CE, trial 1 · .*: out of memory; the same command/,
    );
    expect(chosen).toBe(0);
  });

  it('of a range that was widened are all new: none of the old ones is among them', () => {
    const [narrow, wide] = [planOf(3e-2).trials, planOf(1e-1).trials];
    expect(wide).toHaveLength(narrow.length);
    const keys = new Set([...narrow, ...wide].map(({ key }) => key));
    expect(keys.size).toBe(narrow.length + wide.length);
  });

  it('of a longer tuning begin with those of the shorter one, and no two are the same cell', () => {
    const [short, long] = [planOf(3e-2, 4).trials, planOf(3e-2, 16).trials].map((trials) =>
      trials.map(({ key }) => key),
    ) as [string[], string[]];
    expect(new Set(long).size).toBe(4 * 16);
    expect(long.slice(0, short.length)).toEqual(short);
  });
});
