/** What a step of each loss costs on this machine: short trainings, with as many at once as the comparison has. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPreset, inputFiles, type PlannedFile, titleOf } from '@clce/experiments';
import { planCells, prepareDatasets } from '../../run/plan.ts';
import { RunError } from '../../run/run-error.ts';
import { type FinishedSuiteCell, runOutcome, settlePlan } from '../../run/run-plan.ts';
import { stoppable } from '../../run/stopping.ts';
import type { MethodCost } from './budget.ts';
import { type CompareRequest, measuredPreset } from './comparison-preset.ts';

export interface Measuring {
  readonly dataRoot: string;
  readonly ownFiles: readonly PlannedFile[];
  readonly workers: number;
}

/** What the trainings read. */
interface Inputs {
  readonly manifests: ReadonlyMap<string, string>;
  readonly files: Awaited<ReturnType<typeof inputFiles>>;
}

/** Steps of the first trainings. Each further round has five times as many. */
const FIRST_STEPS = 4;
/** A round is long enough where its steps take as many seconds more than those of the first. */
const ENOUGH_SECONDS = 4;
const MOST_STEPS = 2500;

/** @throws RunError where a training fails */
export async function measureCosts(request: CompareRequest, measuring: Measuring): Promise<MethodCost[]> {
  return stoppable(async () => {
    const preset = checkPreset(measuredPreset(request, FIRST_STEPS));
    // Pictures and files are hashed once; the number of steps changes none of them.
    const inputs = {
      manifests: await prepareDatasets(preset, measuring.dataRoot),
      files: await inputFiles(preset),
    };
    const folder = await mkdtemp(join(tmpdir(), 'clce-compare-'));
    try {
      // The first training of a process loads modules, and the second one shows what the others cost.
      const [cold, warm] = await secondsBySeed(request, FIRST_STEPS, [0, 1], folder, measuring, inputs);
      for (let steps = 5 * FIRST_STEPS; ; steps *= 5) {
        const [longer] = await secondsBySeed(request, steps, [0], folder, measuring, inputs);
        const costs = request.losses.map((name, at): MethodCost => {
          const secondsPerStep = Math.max(1e-4, (longer![at]! - cold![at]!) / (steps - FIRST_STEPS));
          const overheadSeconds = Math.max(0, warm![at]! - FIRST_STEPS * secondsPerStep);
          return { title: titleOf({ name }), secondsPerStep, overheadSeconds };
        });
        const added = Math.max(...longer!.map((seconds, at) => seconds - cold![at]!));
        if (added >= ENOUGH_SECONDS || steps >= MOST_STEPS) return costs;
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

/** For each seed: the seconds of a training of each loss. */
async function secondsBySeed(
  request: CompareRequest,
  steps: number,
  seeds: readonly number[],
  folder: string,
  { workers, ...settings }: Measuring,
  { manifests, files }: Inputs,
): Promise<number[][]> {
  const preset = checkPreset({ ...measuredPreset(request, steps), seeds });
  const { hashes, paths: inputPaths } = files;
  const plan = planCells(preset, manifests, hashes).filter(({ spec }) => spec.kind === 'training');
  const outcomes = await settlePlan(plan, {
    ledger: join(folder, 'runs'),
    workers,
    json: false,
    quiet: true,
    settings: {
      ...{ ...settings, inputPaths, featureFolder: join(folder, 'features') },
      ...{ snapshotMs: Number.MAX_SAFE_INTEGER, dataWorkers: 1, saveWeights: false },
    },
  });
  const { finished, failed } = runOutcome(plan, outcomes);
  const [first] = failed;
  if (first !== undefined) throw new RunError(`${first.label} failed: ${first.error.message}`);
  return seeds.map((seed) => request.losses.map((name) => secondsOf(finished, seed, titleOf({ name }))));
}

function secondsOf(finished: readonly FinishedSuiteCell[], seed: number, title: string): number {
  const cell = finished.find(
    ({ facts }) => facts.kind === 'training' && facts.seed === seed && facts.loss === title,
  );
  return (cell?.provenance?.durationMs ?? 0) / 1000;
}
