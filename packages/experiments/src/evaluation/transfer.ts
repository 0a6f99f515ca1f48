/**
 * The transfer protocol: fine-tune on the official training samples, choose the weights on validation samples, test once.
 */
import { counterRandom, type Dataset, DatasetError, RandomOperation } from '@clce/datasets';
import type { Engine, HostTensors } from '@clce/engine';
import { getLoss } from '@clce/losses';
import type { Checkpoint, TrainingRecord, TransferClassifier, TransferScore } from '@clce/results';
import type { TrainingSpec } from '../suite/cell.ts';
import type { TransferProtocol } from '../suite/preset.ts';
import type { Training, TrainingContext } from '../training/training.ts';
import { calibrationError } from './embedding-quality/calibration-error.ts';
import type { Extractor } from './extractor.ts';
import type { FeatureMatrix } from './features.ts';
import { largestOfRows } from './largest.ts';
import { type Labelled, linearProbe, nearestNeighbours } from './transfer-classifiers.ts';

/**
 * The data set with validation samples. If it has none of its own, a share of each class's training samples, at least one,
 * is set aside. Only the seed decides which ones. A class always keeps at least one training sample.
 */
export function withValidation(dataset: Dataset, { validationShare, seed }: TransferProtocol): Dataset {
  if (dataset.samples.some(({ partition }) => partition === 'validation')) return dataset;
  const random = counterRandom(seed);
  const setAside = new Set<number>();
  for (const rows of rowsByClass(dataset, 'train').values()) {
    const order = random.permutation(rows.length, RandomOperation.setAside, rows[0]!);
    const count = Math.max(1, Math.round(validationShare * rows.length));
    for (let k = 0; k < count && k < rows.length - 1; k++) setAside.add(rows[order[k]!]!);
  }
  const samples = dataset.samples.map((sample, row) =>
    setAside.has(row) ? { ...sample, partition: 'validation' as const } : sample,
  );
  return { ...dataset, samples };
}

/**
 * Checks that the data set has samples on all sides that the protocol uses.
 *
 * @throws DatasetError naming the side without samples
 */
export function checkTransfer(protocol: TransferProtocol, dataset: Dataset): void {
  const { name } = dataset;
  const sides = withValidation(dataset, protocol);
  for (const partition of ['train', 'validation', protocol.partition] as const) {
    if (rowsOf(sides, partition).length > 0) continue;
    throw new DatasetError(
      `${name} has no ${partition} samples: transfer needs a set that is split by sample, such as fashion-mnist`,
    );
  }
}

export interface Transferred {
  readonly scores: TransferScore[];
  readonly record: TrainingRecord;
  readonly checkpoints: Checkpoint[];
  /** The chosen weights: those with the best validation accuracy. */
  readonly best: HostTensors;
  /** The tested samples, and their features under the chosen weights. */
  readonly tested: { readonly rows: Int32Array; readonly features: FeatureMatrix };
}

/** Trains to the end, then tests the weights with the best validation accuracy; of equal ones, the earliest. */
export async function trainAndTransfer(
  spec: TrainingSpec,
  protocol: TransferProtocol,
  dataset: Dataset,
  training: Training,
  engine: Engine,
  context: TrainingContext,
): Promise<Transferred> {
  const view = viewOf(protocol, dataset);
  const { trainsHead } = getLoss(spec.loss.name);
  const { predictor, state, steps } = training;
  const predict = (rows: Int32Array, from = state) => predictor.predict(from, rows);
  const referenceOf = async (from = state): Promise<Labelled> => {
    const { features } = await predict(view.reference, from);
    return { features, labels: view.labelsOf(view.reference) };
  };

  const { remembered } = training;
  const checkpoints = remembered === undefined ? [] : [...(remembered.notes as Checkpoint[])];
  let best = remembered?.tensors ?? (await state.read(training.weights));
  const record = await training.run(context, {
    async afterStep(done) {
      if (!isCheckpoint(done, steps, protocol.checkpoints)) return;
      const validation = await predict(view.validation);
      // Validation uses the trained head. A loss that trains no head uses k-NN in place of a head that is fitted later.
      const classes = trainsHead
        ? largestOfRows(validation.logits, view.classCount)
        : await nearestNeighbours(await referenceOf(), validation.features, view.classCount, engine);
      const accuracy = shareEqual(classes, view.labelsOf(view.validation));
      if (checkpoints.every((earlier) => earlier.accuracy < accuracy))
        best = await state.read(training.weights);
      checkpoints.push({ step: done, accuracy });
    },
    remember: () => ({ notes: checkpoints, tensors: best }),
  });

  const chosen = engine.createState({ ...(await state.read()), ...best });
  try {
    const reference = await referenceOf(chosen);
    const tested = await predict(view.tested, chosen);
    const classifiers = protocol.classifiers.filter((name) => name !== 'head' || trainsHead);
    const scores: TransferScore[] = [];
    for (const name of classifiers) {
      const classes = {
        head: () => largestOfRows(tested.logits, view.classCount),
        'k-nn': () => nearestNeighbours(reference, tested.features, view.classCount, engine),
        'linear-probe': () => linearProbe(reference, tested.features, view.classCount, engine),
      }[name];
      const score = scoreOf(name, await classes(), view);
      const { logits } = tested;
      scores.push(
        name === 'head'
          ? {
              ...score,
              calibrationError: calibrationError(logits, view.labelsOf(view.tested), view.classCount),
            }
          : score,
      );
    }
    const { features } = tested;
    return { scores, record, checkpoints, tested: { rows: view.tested, features }, best };
  } finally {
    chosen.dispose();
  }
}

/** Tests frozen features with all classifiers of the protocol except the head. */
export async function frozenTransfer(
  protocol: TransferProtocol,
  dataset: Dataset,
  extractor: Extractor,
  engine: Engine,
): Promise<Pick<Transferred, 'scores' | 'tested'>> {
  const view = viewOf(protocol, dataset);
  const reference = {
    features: await extractor.extract(dataset, view.reference),
    labels: view.labelsOf(view.reference),
  };
  const features = await extractor.extract(dataset, view.tested);
  const scores: TransferScore[] = [];
  for (const name of protocol.classifiers) {
    if (name === 'head') continue;
    const classify = { 'k-nn': nearestNeighbours, 'linear-probe': linearProbe }[name];
    scores.push(scoreOf(name, await classify(reference, features, view.classCount, engine), view));
  }
  return { scores, tested: { rows: view.tested, features } };
}

/** The samples of each side. Labels are positions among the trained classes. */
interface View {
  readonly reference: Int32Array;
  readonly validation: Int32Array;
  readonly tested: Int32Array;
  readonly classCount: number;
  readonly classNames: readonly string[];
  labelsOf(rows: Int32Array): Int32Array;
}

/** @param dataset a data set with validation samples, from `withValidation` */
function viewOf({ partition, referenceSamples, seed }: TransferProtocol, dataset: Dataset): View {
  const places = new Map(dataset.split.base.map((label, place) => [label, place]));
  const train = rowsOf(dataset, 'train');
  const order = counterRandom(seed).permutation(train.length, RandomOperation.reference, 0);
  return {
    reference: Int32Array.from(order.subarray(0, referenceSamples), (place) => train[place]!).sort(),
    validation: rowsOf(dataset, 'validation'),
    tested: rowsOf(dataset, partition),
    classCount: places.size,
    classNames: dataset.split.base.map((label) => dataset.classNames[label]!),
    labelsOf: (rows) => Int32Array.from(rows, (row) => places.get(dataset.samples[row]!.label)!),
  };
}

function scoreOf(
  classifier: TransferClassifier,
  classes: Int32Array,
  { classCount, classNames, labelsOf, tested: rows }: View,
): TransferScore {
  const correct = Array.from({ length: classCount }, () => 0);
  const tested = Array.from({ length: classCount }, () => 0);
  labelsOf(rows).forEach((label, index) => {
    tested[label]!++;
    if (classes[index] === label) correct[label]!++;
  });
  return { kind: 'transfer', classifier, classes: classNames, correct, tested };
}

/** Whether one of `count` evenly spaced checkpoints falls on this step. The last checkpoint is at the end of training. */
export function isCheckpoint(done: number, steps: number, count: number): boolean {
  return Math.floor((done * count) / steps) > Math.floor(((done - 1) * count) / steps);
}

function shareEqual(a: Int32Array, b: Int32Array): number {
  return a.filter((value, index) => value === b[index]).length / a.length;
}

/** Rows of the trained classes on the given side, in ascending order. */
function rowsOf(dataset: Dataset, side: TransferProtocol['partition'] | 'train'): Int32Array {
  const rows = [...rowsByClass(dataset, side).values()].flat();
  return Int32Array.from(rows).sort();
}

/** Rows of each trained class on the given side. A sample without a partition is a training sample. */
function rowsByClass(
  { samples, split }: Dataset,
  side: TransferProtocol['partition'] | 'train',
): Map<number, number[]> {
  const rows = new Map<number, number[]>(split.base.map((label) => [label, []]));
  samples.forEach(({ label, partition = 'train' }, row) => {
    if (partition === side) rows.get(label)?.push(row);
  });
  return new Map([...rows].filter(([, found]) => found.length > 0));
}
