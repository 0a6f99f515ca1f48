/** The weights of the recommended loss: OUT/best.safetensors, their card, and a program for PyTorch. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWeightFile } from '@clce/backbones';
import type { Dataset } from '@clce/datasets';
import { readDeployment, type TrainingSpec, withSides } from '@clce/experiments';
import { writeFile } from '@clce/files';
import type { TransferScore } from '@clce/results';
import type { BenchRun } from '../actions/bench.ts';
import { storedCells } from '../compare/answer/stored-cells.ts';
import { RunError } from '../run/run-error.ts';
import { type FinishedSuiteCell, runOutcome, settlePlan } from '../run/run-plan.ts';
import { stoppable } from '../run/stopping.ts';
import { cardText, type TrainedNetwork } from './card.ts';
import { pyTorchModel, pyTorchProgram } from './pytorch.ts';

const WEIGHTS = 'best.safetensors';

export interface BestPlaces {
  /** The folder of the comparison. */
  readonly folder: string;
  readonly ledger: string;
}

/**
 * Writes the weights of a method's first fold and first seed, whose held-out accuracy is known.
 *
 * @param best title of the method
 * @param headlines the answer in a sentence for each score
 * @returns a line on what was written
 * @throws RunError where the training fails
 */
export async function saveBest(
  run: BenchRun,
  best: string,
  headlines: readonly string[],
  dataset: Dataset,
  { folder, ledger }: BestPlaces,
): Promise<string> {
  const cell = run.finished.find(({ facts }) => facts.kind === 'training' && facts.loss === best);
  if (cell === undefined) throw new RunError(`no training with ${best} finished, so it has no weights`);
  const { bytes, found } = await weightsOf(cell, run, ledger);
  const path = join(folder, WEIGHTS);
  await writeFile(path, [bytes]);
  const { metadata = {} } = await openWeightFile(path);
  const model = pyTorchModel(metadata['architecture']!);
  const isTrained = metadata['head'] === 'trained';
  const program =
    model && isTrained ? pyTorchProgram(model, readDeployment({ path, metadata }), WEIGHTS) : undefined;
  if (program !== undefined) await writeFile(join(folder, 'best.py'), program);
  const spec = cell.spec as TrainingSpec;
  const network: TrainedNetwork = {
    ...{ spec, key: cell.key, title: best, result: found.result, metadata, headlines },
    sides: withSides(dataset, spec.dataset.split),
    isSame: found.isSame,
  };
  await writeFile(join(folder, 'best.md'), cardText(network, { folder, program, model }));
  const more = program === undefined ? 'best.md is its card' : 'best.md is its card, best.py its program';
  return `${path} holds the network that ${cell.label} trained; ${more}.`;
}

interface Found {
  /** The whole result of these weights. */
  readonly result: TrainedNetwork['result'];
  /** Whether the result is the compared one, byte for byte. */
  readonly isSame: boolean;
}

/** The weights beside the cell's result, or those of the same training once more: comparisons keep results alone. */
async function weightsOf(
  cell: FinishedSuiteCell,
  { settings }: BenchRun,
  ledger: string,
): Promise<{ bytes: Uint8Array; found: Found }> {
  const kept = join(ledger, cell.key, 'weights.safetensors');
  const result = await resultIn(ledger, cell);
  if (existsSync(kept) && isOf((await openWeightFile(kept)).metadata, result)) {
    return { bytes: await readFile(kept), found: { result, isSame: true } };
  }
  console.error(`training ${cell.label} once more, for its weights`);
  return stoppable(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clce-best-'));
    const again = join(folder, 'runs');
    try {
      const outcomes = await settlePlan([cell], {
        ...{ ledger: again, workers: 1, json: false },
        settings: { ...settings, saveWeights: true },
      });
      const { finished, failed } = runOutcome([cell], outcomes);
      const [trained] = finished;
      if (trained === undefined) throw failed[0]?.error ?? new RunError(`${cell.label} has not finished`);
      const bytes = await readFile(join(again, cell.key, 'weights.safetensors'));
      const isSame = trained.digest === cell.digest;
      return { bytes, found: { result: await resultIn(again, cell), isSame } };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

/** Whether weights have the entries of today, and were tested as the result says: a cell may have been computed again since. */
function isOf(metadata: Readonly<Record<string, string>> = {}, { scores }: Found['result']): boolean {
  const head = scores.find(
    (score): score is TransferScore => score.kind === 'transfer' && score.classifier === 'head',
  );
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
  const tested = head && JSON.stringify({ correct: sum(head.correct), pictures: sum(head.tested) });
  return metadata['resizing'] !== undefined && metadata['tested'] === tested;
}

async function resultIn(ledger: string, cell: FinishedSuiteCell): Promise<Found['result']> {
  const [stored] = await storedCells(ledger, [cell]);
  if (stored === undefined) throw new RunError(`${cell.label} has no result in ${ledger}`);
  return stored.result;
}
