/** From a finished comparison to its answer: the text, and the files that people take away. */
import { join } from 'node:path';
import { type Dataset, sheetOfSamples } from '@clce/datasets';
import { chosenMethods, isTuned, type Method, titleOf } from '@clce/experiments';
import { writeFile } from '@clce/files';
import { type BenchRun, tableText } from '../../actions/bench.ts';
import { wrapped } from '../../print/fitted-table.ts';
import type { MethodCost } from '../plan/budget.ts';
import { answerText, recommended } from './answer.ts';
import { collapseLines } from './collapse.ts';
import { horizonText, measureHorizon } from './horizon.ts';
import {
  classesCsv,
  confusionCsv,
  onlyRight,
  picturesCsv,
  predictionsIn,
  type TestedPicture,
} from './predictions.ts';
import { storedCells } from './stored-cells.ts';
import { settingsPython, settingsYaml } from './take-away.ts';

export interface AnswerPlaces {
  /** The folder of the comparison. */
  readonly folder: string;
  readonly ledger: string;
  readonly workers: number;
}

/** @returns what is printed: the answer, what to take away, and the table */
export async function giveAnswer(
  run: BenchRun,
  costs: readonly MethodCost[],
  dataset: Dataset,
  { folder, ledger, workers }: AnswerPlaces,
  width: number,
): Promise<string> {
  const { reference, report, finished, preset } = run;
  const { verdicts } = report;
  const scores = preset.verdicts?.scores ?? [];
  const best = recommended(verdicts, reference);
  const parts = [answerText({ reference, verdicts, cells: finished, scores, costs }, width)];
  const methods = chosenIn(run);
  const horizon = isTuned(preset) ? await measureHorizon(run, methods, scores[0]!, { ledger, workers }) : [];
  const margin = preset.verdicts?.margin ?? 1;
  if (horizon.length > 0) parts.push(wrapped(horizonText(horizon, margin), width, 2));
  const stored = await storedCells(ledger, finished);
  const collapsed = collapseLines(stored);
  if (collapsed.length > 0) parts.push(collapsed.map((line) => wrapped(line, width, 2)).join('\n'));
  const classifier = scores.find((score) => score === 'head' || score === 'linear-probe');
  if (classifier !== undefined) {
    const pictures = predictionsIn(stored, dataset, classifier);
    const rival = best === reference ? closest(run) : reference;
    // A suite from elsewhere may ask for no predictions.
    if (pictures.length > 0)
      parts.push(await picturesText(pictures, dataset, [best, rival], costs, folder, width));
  }
  const settings = join(folder, 'settings.yaml');
  await writeFile(settings, settingsYaml(methods));
  const method = methods.find((one) => titleOf(one) === best)!;
  parts.push(
    `${best} as it was chosen, for PyTorch (every loss: ${settings}):\n\n${indented(settingsPython(method, preset))}`,
    tableText(run, { ledger }),
  );
  return parts.join('\n\n');
}

/** The method with the largest difference to the reference. */
function closest({ report, reference }: BenchRun): string {
  const rows = report.verdicts.toSorted((one, other) => (other.difference ?? 0) - (one.difference ?? 0));
  return rows[0]?.method ?? reference;
}

function chosenIn({ preset, report }: BenchRun): Method[] {
  if (!isTuned(preset)) return preset.losses;
  const [dataset, backbone, batchSize] = [preset.datasets[0]!, preset.backbones[0]!, preset.batchSizes[0]!];
  return chosenMethods(preset, report.trials, { dataset, backbone, batchSize });
}

const SHOWN = 16;

/** Writes what each method says of each picture, and shows pictures on which two methods differ. */
async function picturesText(
  pictures: readonly TestedPicture[],
  dataset: Dataset,
  [one, other]: readonly [string, string],
  costs: readonly MethodCost[],
  folder: string,
  width: number,
): Promise<string> {
  const methods = costs.map(({ title }) => title);
  const files = {
    'compare.classes.csv': classesCsv(pictures, methods),
    'compare.confusion.csv': confusionCsv(pictures, methods),
    'compare.pictures.csv': picturesCsv(pictures, methods),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const differing = [
    { right: one, wrong: other, rows: onlyRight(pictures, one, other) },
    { right: other, wrong: one, rows: onlyRight(pictures, other, one) },
  ];
  const counts = differing.map(
    ({ right, wrong, rows }) => `${rows.length} with ${right} and not with ${wrong}`,
  );
  const sheet = join(folder, 'compare.pictures.png');
  const shown = differing.filter(({ rows }) => rows.length > 0);
  if (shown.length > 0) {
    const { png } = await sheetOfSamples(
      dataset,
      shown.map(({ right, rows }) => ({ title: right, samples: rows.slice(0, SHOWN).map(({ row }) => row) })),
    );
    await writeFile(sheet, [png]);
  }
  const where = shown.length === 0 ? '' : `; ${sheet} shows them, a row each`;
  return [
    `Of ${pictures.length} tested pictures, always right: ${counts.join(', ')}${where}.`,
    `${join(folder, 'compare.classes.csv')}, compare.confusion.csv and compare.pictures.csv have every class and picture.`,
  ]
    .map((line) => wrapped(line, width, 2))
    .join('\n');
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}
