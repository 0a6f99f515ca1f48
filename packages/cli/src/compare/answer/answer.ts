/** The answer of a comparison: which loss, by how much, how sure, at what cost. */
import { type FinishedCell, type ReportedScore, scoreName, type VerdictRow } from '@clce/results';
import { mean } from '@clce/statistics';
import { fittedTable, wrapped } from '../../print/fitted-table.ts';
import { verdictSentence } from '../../print/verdict-sentence.ts';
import type { FinishedSuiteCell } from '../../run/run-plan.ts';
import type { MethodCost } from '../plan/budget.ts';

export interface Compared {
  /** The method with which the others are compared. */
  readonly reference: string;
  readonly verdicts: readonly VerdictRow[];
  readonly cells: readonly FinishedSuiteCell[];
  /** The scores that are judged. */
  readonly scores: readonly string[];
  readonly costs: readonly MethodCost[];
}

/** The sentences of the answer, then the methods and what they are to be compared with. */
export function answerText(compared: Compared, width: number): string {
  const first = headlines(compared);
  return compared.scores
    .map((score, at) => {
      const rows = compared.verdicts.filter((row) => row.score === score);
      const sentences = [first[at]!, ...rows.map(sentenceOf)];
      return [
        ...sentences.map((line) => wrapped(line, width, 2)),
        '',
        accuracyTable(compared, score, width),
      ].join('\n');
    })
    .join('\n\n');
}

const ASKED: Readonly<Record<string, string>> = {
  head: 'on new pictures of the same classes',
  'linear-probe': 'on new pictures of the same classes, by a linear probe',
  '5-shot logistic-regression': 'on new classes with five pictures each',
};

/** The loss to take: the best one that a verdict calls better on some score and none calls worse; otherwise the reference. */
export function recommended(rows: readonly VerdictRow[], reference: string): string {
  const worse = rows.filter(({ verdict }) => verdict.startsWith('worse')).map(({ method }) => method);
  return bestOf(rows.filter(({ method }) => !worse.includes(method)))?.method ?? reference;
}

function bestOf(rows: readonly VerdictRow[]): VerdictRow | undefined {
  const better = rows.filter(({ verdict }) => verdict === 'better');
  return better.toSorted((one, other) => (other.difference ?? 0) - (one.difference ?? 0))[0];
}

/** What to do, in one line for each score. */
export function headlines({ verdicts, reference, scores }: Omit<Compared, 'cells' | 'costs'>): string[] {
  return scores.map((score) =>
    headline(
      verdicts.filter((row) => row.score === score),
      reference,
      score,
    ),
  );
}

/** What to do, in one line. A loss is recommended on a verdict alone. */
export function headline(rows: readonly VerdictRow[], reference: string, score: string): string {
  const where = ASKED[score] ?? score;
  const of = (...verdicts: VerdictRow['verdict'][]) =>
    rows.filter(({ verdict }) => verdicts.includes(verdict));
  const best = bestOf(rows);
  if (best !== undefined) return `Take ${best.method}: ${where} it is better than ${reference}.`;
  if (of('not trained enough to compare').length > 0) {
    return `No answer ${where}: ${reference} is less accurate than k-NN on raw pixels. Start from pretrained weights, or give a larger budget.`;
  }
  const undecided = of('undecided').map(({ method }) => method);
  if (undecided.length > 0 || rows.length === 0) {
    return `Undecided ${where} between ${[reference, ...undecided].join(', ')}: keep ${reference} until more is known.`;
  }
  return `Keep ${reference}: ${where} no other loss is better by ${rows[0]!.margin} ${rows[0]!.margin === 1 ? 'point' : 'points'} or more.`;
}

function sentenceOf({
  method,
  other,
  judgement,
  verdict,
  difference,
  difference_lower: lower,
  difference_upper: upper,
  smallest_margin: margin,
}: VerdictRow): string {
  const sentence = verdictSentence(method, other, judgement);
  if (verdict !== 'undecided' || difference === null || lower === null || upper === null) return sentence;
  const needs = [
    `${times((upper - lower) / 2 / Math.abs(difference))} to find a difference as large as this one`,
    ...(margin === null
      ? []
      : [`${times(margin / judgement.margin)} to find the losses equivalent, if they are`]),
  ];
  return `${sentence} It would take about ${needs.join(', or ')}.`;
}

/** Intervals shrink with the square root of the number of pictures and trainings. */
function times(ratio: number): string {
  const factor = ratio ** 2;
  if (!(factor < 100)) return 'more than 100 times as many pictures and trainings';
  return `${Math.max(2, Math.ceil(factor))} times as many pictures and trainings`;
}

/** Class-mean accuracy leads: with unequal classes, plain accuracy rewards the guess of the largest. */
function accuracyTable({ cells, costs }: Compared, score: string, width: number): string {
  const rows = [
    ...costs.map(({ title, secondsPerStep }) => {
      const own = cells.filter(({ facts }) => facts.kind === 'training' && facts.loss === title);
      const step = `${Math.round(1000 * secondsPerStep)}`;
      return rowOf(title, figuresOf(own, score), retrievalOf(own), [step, memoryOf(own)]);
    }),
    ...(['frozen', 'pixels'] as const).flatMap((kind) => {
      const own = cells.filter(({ facts }) => facts.kind === kind);
      const figures = figuresOf(own, score);
      const title = kind === 'frozen' ? 'frozen backbone' : 'raw pixels';
      return figures === undefined ? [] : [rowOf(title, figures, retrievalOf(own))];
    }),
    ...largestClass(figuresOf(cells, score)),
  ];
  return fittedTable(
    {
      titles: [score],
      groups: [
        ['mean over\nclasses, %', 'all\npictures, %', 'worst class, %'],
        ['precision\nat 1, %', 'MAP@R,\n%'],
        ['ms\na step', 'MB\nat most'],
      ],
      rows,
    },
    width,
  );
}

interface Figures {
  readonly classMean: number;
  readonly plain: number;
  readonly worst: { readonly name: string; readonly accuracy: number };
  readonly tested: ReadonlyMap<string, number>;
}

interface Retrieval {
  readonly atOne: number;
  readonly map: number;
}

function rowOf(
  title: string,
  figures: Omit<Figures, 'tested'> | undefined,
  retrieval?: Retrieval,
  cost = ['–', '–'],
) {
  const worst = figures && `${percent(figures.worst.accuracy)} ${figures.worst.name}`;
  return {
    titles: [title],
    cells: [
      [percent(figures?.classMean), percent(figures?.plain), worst ?? '–'],
      [percent(retrieval?.atOne), percent(retrieval?.map)],
      cost,
    ],
  };
}

/** A constant answer: the largest class. */
function largestClass(figures: Figures | undefined) {
  if (figures === undefined) return [];
  const counts = [...figures.tested.values()];
  const [name, most] = [...figures.tested].reduce((one, other) => (other[1] > one[1] ? other : one));
  const plain = most / counts.reduce((sum, count) => sum + count, 0);
  const worst = { name: 'all others', accuracy: 0 };
  return [rowOf(`always ${name}`, { classMean: 1 / counts.length, plain, worst })];
}

/** How well the nearest neighbours of a tested picture show its class (docs/embedding-quality.md). */
function retrievalOf(cells: readonly FinishedCell[]): Retrieval | undefined {
  const qualities = cells.flatMap(({ result: { quality } }) => quality ?? []);
  if (qualities.length === 0) return undefined;
  return {
    atOne: mean(qualities.map(({ recallAt1 }) => recallAt1)),
    map: mean(qualities.map(({ mapAtR }) => mapAtR)),
  };
}

/** Over all cells. A baseline has another classifier for a score of the same kind. */
function figuresOf(cells: readonly FinishedCell[], name: string): Figures | undefined {
  const scores = cells.flatMap(({ result }) => comparableScore(result.scores, name) ?? []);
  if (scores.length === 0) return undefined;
  const correct = new Map<string, number>();
  const tested = new Map<string, number>();
  const means = scores.map((score) =>
    mean(
      score.classes.flatMap((label, at) => {
        const [right, all] = [score.correct[at]!, score.tested[at]!];
        if (all === 0) return [];
        correct.set(label, (correct.get(label) ?? 0) + right);
        tested.set(label, (tested.get(label) ?? 0) + all);
        return [right / all];
      }),
    ),
  );
  const byClass = [...tested].map(([label, all]) => ({ name: label, accuracy: correct.get(label)! / all }));
  const sum = (counts: ReadonlyMap<string, number>) =>
    [...counts.values()].reduce((all, count) => all + count, 0);
  return {
    classMean: mean(means),
    plain: sum(correct) / sum(tested),
    worst: byClass.reduce((one, other) => (other.accuracy < one.accuracy ? other : one)),
    tested,
  };
}

function comparableScore(scores: readonly ReportedScore[], name: string): ReportedScore | undefined {
  const shot = /^(\d+)-shot /.exec(name)?.[1];
  return (
    scores.find((score) => scoreName(score) === name) ??
    scores.find((score) =>
      shot === undefined ? score.kind === 'transfer' : score.kind === 'few-shot' && `${score.shot}` === shot,
    )
  );
}

function memoryOf(cells: readonly FinishedSuiteCell[]): string {
  const peaks = cells.flatMap(({ provenance }) => provenance?.peakMemoryMB ?? []);
  return peaks.length === 0 ? '–' : `${Math.round(Math.max(...peaks))}`;
}

function percent(share: number | undefined): string {
  return share === undefined ? '–' : (100 * share).toFixed(1);
}
