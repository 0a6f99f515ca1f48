/**
 * Verdicts on pairs of methods in the folds of a reserve: one row per comparison of the plan.
 *
 * The unit is the class, clustered by fold (`classDifference`). Novel classes are there in one fold each. The head and other read-outs
 * of trained classes test other groups in every fold, so a class of a fold is a unit of its own.
 */
import {
  type ClassAccuracy,
  classDifference,
  errorRatio,
  type Judgement,
  judge,
  mean,
  type Verdict,
} from '@clce/statistics';
import { csvOf } from '@clce/text';
import type { TrainingFacts } from '../cell/cell-facts.ts';
import type { FinishedCell, ReportedScore } from '../cell/reported-result.ts';
import { scoreName } from '../cell/scores.ts';
import { groupBy } from '../group-by.ts';
import { pixelsKey, settingKey, weightsColumn } from '../settings.ts';

/** What is compared, fixed before the results. */
export interface VerdictPlan {
  /** Margin of equivalence, in points of accuracy. */
  readonly margin: number;
  /** Titles of the methods: the first minus the second. */
  readonly comparisons: readonly (readonly [method: string, other: string])[];
  /** Such as `5-shot logistic-regression` or `head`. */
  readonly scores: readonly string[];
  /** Number of comparisons in all settings of the plan; those that are missing count with p = 1. */
  readonly planned: number;
}

interface VerdictColumns {
  readonly dataset: string;
  readonly image_size: number;
  readonly backbone: string;
  readonly weights: string;
  readonly batch_size: number;
  readonly score: string;
  readonly method: string;
  readonly other: string;
  readonly folds: number;
  /** Classes of both methods, each of one fold. */
  readonly classes: number;
  /** Training runs of a method that the other method has, too. */
  readonly runs: number;
  /** Method minus other in points of accuracy, mean over classes, with the unadjusted 95 % interval over folds. */
  readonly difference: number | null;
  readonly difference_lower: number | null;
  readonly difference_upper: number | null;
  /** Errors of the method over errors of the other, with the unadjusted 95 % interval. */
  readonly error_ratio: number | null;
  readonly error_ratio_lower: number | null;
  readonly error_ratio_upper: number | null;
  readonly p_difference: number | null;
  /** Holm-corrected over the family. */
  readonly p_difference_holm: number;
  readonly p_equivalence: number | null;
  readonly p_equivalence_holm: number;
  /** Number of tests of the family, two for each planned comparison. */
  readonly family: number;
  readonly margin: number;
  /** The smallest margin at which the methods would be found equivalent. */
  readonly smallest_margin: number | null;
  readonly verdict: Verdict;
}

export interface VerdictRow extends VerdictColumns {
  /** All figures of the judgement. */
  readonly judgement: Judgement;
}

const COLUMNS: readonly (keyof VerdictColumns)[] = [
  'dataset',
  'image_size',
  'backbone',
  'weights',
  'batch_size',
  'score',
  'method',
  'other',
  'folds',
  'classes',
  'runs',
  'difference',
  'difference_lower',
  'difference_upper',
  'error_ratio',
  'error_ratio_lower',
  'error_ratio_upper',
  'p_difference',
  'p_difference_holm',
  'p_equivalence',
  'p_equivalence_holm',
  'family',
  'margin',
  'smallest_margin',
  'verdict',
];

/**
 * @param cells finished cells of one preset; cells without folds, and cells on validation data, are left out
 * @param reference the method that must reach the accuracy of raw pixels, or nothing is compared
 */
export function verdictTable(
  cells: readonly FinishedCell[],
  reference: string,
  { margin, comparisons, scores, planned }: VerdictPlan,
): VerdictRow[] {
  const reporting = cells.filter(({ facts }) => facts.evaluatedOn !== 'validation');
  const compared = comparedSettings(reporting).flatMap(({ facts, pixels, cellsOf, accuraciesOf }) =>
    scores.flatMap((score) => {
      const trainedEnough = beats(cellsOf(reference), pixels, score);
      return comparisons.flatMap(([method, other]) => {
        const [ours, theirs] = [accuraciesOf(method, score), accuraciesOf(other, score)];
        const paired = classDifference(ours, theirs);
        if (paired.classes === 0) return [];
        const ratio = errorRatio(ours, theirs, 0.95);
        const bounds = ratio.kind === 'interval' ? ratio : undefined;
        return [
          {
            of: { difference: paired.difference, margin, trainedEnough },
            row: {
              dataset: facts.dataset,
              image_size: facts.imageSize,
              backbone: facts.backbone,
              weights: weightsColumn(facts.weights),
              batch_size: facts.batchSize,
              ...{ score, method, other, folds: paired.folds, classes: paired.classes, runs: paired.runs },
              error_ratio: ratio.ratio,
              error_ratio_lower: bounds?.lower ?? null,
              error_ratio_upper: bounds?.upper ?? null,
            },
          },
        ];
      });
    }),
  );
  const judgements = judge(
    compared.map(({ of }) => of),
    planned,
  );
  return compared.map(({ row }, at) => ({ ...row, ...columnsOf(judgements[at]!) }));
}

/** The rows as CSV (RFC 4180) with full precision; missing figures are empty. */
export function verdictCsv(rows: readonly VerdictRow[]): string {
  return csvOf<keyof VerdictColumns>(COLUMNS, rows);
}

function columnsOf(judgement: Judgement) {
  const { unadjustedInterval: interval, differenceTest, equivalenceTest } = judgement;
  return {
    difference: judgement.difference,
    difference_lower: interval?.lower ?? null,
    difference_upper: interval?.upper ?? null,
    p_difference: differenceTest.p,
    p_difference_holm: differenceTest.adjustedP,
    p_equivalence: equivalenceTest.p,
    p_equivalence_holm: equivalenceTest.adjustedP,
    family: judgement.familySize,
    margin: judgement.margin,
    smallest_margin: judgement.smallestMargin,
    verdict: judgement.verdict,
    judgement,
  };
}

interface ComparedSetting {
  /** Of one of the training cells, whatever its loss. */
  readonly facts: TrainingFacts;
  readonly pixels: readonly FinishedCell[];
  cellsOf(loss: string): readonly FinishedCell[];
  /** Accuracies of a method by class and training run. */
  accuraciesOf(loss: string, score: string): ClassAccuracy[];
}

/** The settings with folds, each with the cells of all its methods. */
export function comparedSettings(cells: readonly FinishedCell[]): ComparedSetting[] {
  const bySetting = groupBy(
    cells.filter(({ facts }) => facts.split.fold !== null),
    ({ facts }) => settingKey(facts),
  );
  return settingsOf(cells).map((facts) => {
    const cellsOf = (loss: string) => bySetting.get(settingKey({ ...facts, loss })) ?? [];
    return {
      facts,
      pixels: bySetting.get(pixelsKey(facts)) ?? [],
      cellsOf,
      accuraciesOf: (loss, score) => accuraciesIn(cellsOf(loss), score),
    };
  });
}

/** One training cell's facts for each setting with folds, whatever its loss. */
function settingsOf(cells: readonly FinishedCell[]): TrainingFacts[] {
  const settings = new Map<string, TrainingFacts>();
  for (const { facts } of cells) {
    if (facts.kind !== 'training' || facts.split.fold === null) continue;
    const key = settingKey({ ...facts, loss: '' });
    if (!settings.has(key)) settings.set(key, facts);
  }
  return [...settings.values()];
}

function accuraciesIn(cells: readonly FinishedCell[], name: string): ClassAccuracy[] {
  return cells.flatMap(({ facts, result }) => {
    const score = scoreOf(result.scores, name);
    if (facts.kind !== 'training' || score === undefined) return [];
    const fold = String(facts.split.fold);
    return score.classes.flatMap((label, k) => {
      const tested = score.tested[k]!;
      if (tested === 0) return [];
      const unit = score.kind === 'few-shot' ? label : `${fold} ${label}`;
      return [{ fold, class: unit, seed: facts.seed, accuracy: (100 * score.correct[k]!) / tested }];
    });
  });
}

/** Whether a method is more accurate than raw pixels. True without such a baseline. */
function beats(cells: readonly FinishedCell[], pixels: readonly FinishedCell[], name: string): boolean {
  const shot = cells.flatMap(({ result }) => result.scores).find((score) => scoreName(score) === name);
  const baseline = pixels.flatMap(({ result }) =>
    result.scores.filter((score) => shot !== undefined && isComparable(score, shot)).slice(0, 1),
  );
  const trained = cells.flatMap(({ result }) => scoreOf(result.scores, name) ?? []);
  if (baseline.length === 0 || trained.length === 0) return true;
  return mean(trained.map(shareOf)) > mean(baseline.map(shareOf));
}

/** Raw pixels have one classifier for each kind of score. */
function isComparable(pixels: ReportedScore, trained: ReportedScore): boolean {
  return pixels.kind === 'few-shot'
    ? trained.kind === 'few-shot' && pixels.shot === trained.shot
    : trained.kind === 'transfer';
}

function scoreOf(scores: readonly ReportedScore[], name: string): ReportedScore | undefined {
  return scores.find((score) => scoreName(score) === name);
}

function shareOf({ correct, tested }: ReportedScore): number {
  const sum = (counts: ArrayLike<number>) => Array.from(counts).reduce((all, count) => all + count, 0);
  return sum(correct) / sum(tested);
}
