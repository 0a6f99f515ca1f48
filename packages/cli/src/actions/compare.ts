/** `clce compare FOLDER`: which loss is best for these pictures? */
import { dirname, join } from 'node:path';
import { addOwnFiles, chosenMethods, type TunedPreset, titleOf } from '@clce/experiments';
import { writeFile } from '@clce/files';
import { answerText, recommended } from '../compare/answer.ts';
import {
  type Asked,
  askedOf,
  type CompareFlags,
  datasetName,
  picturesAsked,
  suiteFileOf,
} from '../compare/asked.ts';
import { comparisonPreset } from '../compare/comparison-preset.ts';
import { makePlan, type PlanPlaces } from '../compare/make-plan.ts';
import { type PlanRecord, readPlan, SUITE_FILE, writePlan } from '../compare/plan-files.ts';
import { planLines } from '../compare/plan-text.ts';
import { settingsPython, settingsYaml } from '../compare/take-away.ts';
import { terminalWidth } from '../print/fitted-table.ts';
import { loadDataset } from '../run/load-dataset.ts';
import { picturesOf } from '../run/own-files.ts';
import { RunError } from '../run/run-error.ts';
import { runBench, tableText } from './bench.ts';

interface CompareOptions extends CompareFlags {
  readonly out?: string;
  readonly workers: number;
  readonly dryRun?: boolean;
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
  await runSuite(suite, record, { ledger, dataRoot, workers, out: join(out, 'compare.csv') });
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

/** Runs the suite of the plan and prints the answer, then the table. */
async function runSuite(
  suite: string,
  { costs }: PlanRecord,
  places: Pick<CompareOptions, 'ledger' | 'dataRoot' | 'workers'> & { readonly out: string },
): Promise<void> {
  const options = { ...places, dataWorkers: 1, snapshotEvery: 5, executor: 'local' as const };
  const run = await runBench(suite, options);
  if (run === undefined) return;
  const { reference, report, finished, preset } = run;
  const { verdicts } = report;
  const scores = preset.verdicts?.scores ?? [];
  const answer = answerText({ reference, verdicts, cells: finished, scores, costs }, terminalWidth());
  const [dataset, backbone, batchSize] = [preset.datasets[0]!, preset.backbones[0]!, preset.batchSizes[0]!];
  const methods = chosenMethods(preset as TunedPreset, report.trials, { dataset, backbone, batchSize });
  const settings = join(dirname(suite), 'settings.yaml');
  await writeFile(settings, settingsYaml(methods));
  const best = recommended(verdicts, reference);
  const method = methods.find((one) => titleOf(one) === best)!;
  const takeAway = `${best} as it was chosen, for PyTorch (all settings: ${settings}):\n\n${indented(settingsPython(method, preset))}`;
  console.log([answer, takeAway, tableText(run, options)].join('\n\n'));
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}
