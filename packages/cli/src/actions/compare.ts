/** `clce compare FOLDER`: which loss is best for these pictures? */
import { join } from 'node:path';
import type { Dataset } from '@clce/datasets';
import { addOwnFiles } from '@clce/experiments';
import { headlines, recommended } from '../compare/answer/answer.ts';
import { giveAnswer } from '../compare/answer/give-answer.ts';
import {
  type Asked,
  askedOf,
  type CompareFlags,
  datasetName,
  picturesAsked,
  suiteFileOf,
} from '../compare/asked.ts';
import { comparisonPreset } from '../compare/plan/comparison-preset.ts';
import { makePlan, type PlanPlaces } from '../compare/plan/make-plan.ts';
import { type PlanRecord, readPlan, SUITE_FILE, writePlan } from '../compare/plan/plan-files.ts';
import { planLines } from '../compare/plan/plan-text.ts';
import { terminalWidth } from '../print/fitted-table.ts';
import { loadDataset } from '../run/load-dataset.ts';
import { picturesOf } from '../run/own-files.ts';
import { RunError } from '../run/run-error.ts';
import { type BestPlaces, saveBest } from '../trained/best.ts';
import { type BenchRun, runBench } from './bench.ts';

interface CompareOptions extends CompareFlags {
  readonly out?: string;
  readonly workers: number;
  readonly dryRun?: boolean;
  readonly saveWeights?: boolean;
  readonly ledger: string;
  readonly dataRoot: string;
}

export async function compare(folder: string, options: CompareOptions): Promise<void> {
  const { ledger, dataRoot, workers } = options;
  const dataset = datasetName(folder);
  const out = options.out ?? `compare-${dataset}`;
  const asked = askedOf(folder, out, options);
  const suite = join(out, SUITE_FILE);
  let record = await readPlan(out, { ...asked });
  if (record !== undefined) {
    await requireSamePictures(record, asked, { dataset, out, dataRoot });
    console.error(`going on with ${suite}`);
  } else {
    const { record: made, request } = await makePlan(asked, { dataset, out, dataRoot, workers });
    record = made;
    console.error(`${planLines(record, asked.budget, terminalWidth(process.stderr))}\n`);
    if (options.dryRun === true) return;
    await writePlan(out, record, comparisonPreset(request, record.plan), suiteFileOf(asked, dataset));
  }
  if (options.dryRun === true) return;
  const run = await runBench(suite, {
    ...{ ledger, dataRoot, workers, out: join(out, 'compare.csv') },
    ...{ dataWorkers: 1, snapshotEvery: 5, executor: 'local' },
  });
  if (run === undefined) return;
  const pictures = await loadDataset(dataset, dataRoot, asked.imageSize);
  console.log(
    await giveAnswer(run, record.costs, pictures, { folder: out, ledger, workers }, terminalWidth()),
  );
  if (options.saveWeights === true) console.log(`\n${await bestOf(run, pictures, { folder: out, ledger })}`);
}

/** Saves the network of the recommended loss. @returns a line on what was written */
function bestOf(run: BenchRun, pictures: Dataset, places: BestPlaces): Promise<string> {
  const { report, reference, preset } = run;
  const { verdicts } = report;
  const told = headlines({ verdicts, reference, scores: preset.verdicts?.scores ?? [] });
  return saveBest(run, recommended(verdicts, reference), told, pictures, places);
}

/** Pictures that are edited after a look at the answer need a new plan. @throws RunError */
async function requireSamePictures(
  { pictures }: PlanRecord,
  asked: Asked,
  { dataset: name, out, dataRoot }: Omit<PlanPlaces, 'workers'>,
): Promise<void> {
  await addOwnFiles(picturesOf([picturesAsked(asked, name, out)]));
  const { manifestHash } = await loadDataset(name, dataRoot, asked.imageSize);
  if (manifestHash === pictures) return;
  throw new RunError(
    `the pictures of ${join(out, asked.folder)} have changed since ${join(out, SUITE_FILE)} was planned; another --out plans anew`,
  );
}
