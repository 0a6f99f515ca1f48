/**
 * What a program needs beside trained weights to give the answers that were tested: the classes in the order of the logits, and how a
 * picture becomes the numbers that the network sees. The metadata of saved weights holds it (docs/compare.md has the entries).
 */
import type { WeightFile } from '@clce/backbones';
import { type ChannelStatistics, type Dataset, getDataset, type Resizing, resizingOf } from '@clce/datasets';
import { isMapping } from '@clce/files';
import { getLoss } from '@clce/losses';
import { UserError } from '@clce/registry';
import type { Score, TransferScore } from '@clce/results';
import type { TrainingSpec } from '../suite/cell.ts';
import { titleOf } from '../suite/methods/title.ts';
import { normalisationOf } from '../suite/normalisation.ts';

export interface Deployment {
  /** Name of the backbone. */
  readonly architecture: string;
  /** Names of the classes, in the order of the logits. */
  readonly classes: readonly string[];
  /** Height and width of a picture, in pixels. */
  readonly imageSize: number;
  readonly normalisation: ChannelStatistics;
  readonly resizing: Resizing;
}

/**
 * The entries of a trained cell's weights.
 *
 * @param dataset with the sides of the cell
 * @param scores of these weights
 */
export function deploymentEntries(
  { backbone, loss, recipe, seed, dataset: { name, imageSize, split } }: TrainingSpec,
  dataset: Dataset,
  scores: readonly Score[],
): Readonly<Record<string, string>> {
  const { mean, std } = normalisationOf(recipe.normalisation, dataset);
  const tested = scores.find(
    (score): score is TransferScore => score.kind === 'transfer' && score.classifier === 'head',
  );
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
  return {
    architecture: backbone,
    dataset: name,
    classes: JSON.stringify(dataset.split.base.map((label) => dataset.classNames[label]!)),
    imageSize: String(imageSize),
    mean: JSON.stringify(mean),
    std: JSON.stringify(std),
    resizing: JSON.stringify(resizingOf(getDataset(name).resizing)),
    head: getLoss(loss.name).trainsHead ? 'trained' : 'untrained',
    loss: titleOf(loss),
    seed: String(seed),
    ...(split && { split: JSON.stringify(split) }),
    ...(tested && {
      tested: JSON.stringify({ correct: sum(tested.correct), pictures: sum(tested.tested) }),
    }),
  };
}

/** @throws UserError naming the file and the entry that is missing or wrong */
export function readDeployment({ path, metadata = {} }: Pick<WeightFile, 'path' | 'metadata'>): Deployment {
  const entry = <Value>(name: string, expected: string, read: (text: string) => Value | undefined): Value => {
    const text = metadata[name];
    if (text === undefined) {
      throw new UserError(
        `${path} has no entry "${name}" in its metadata, which says how to use the weights: expected a file of --save-weights`,
      );
    }
    const value = read(text);
    if (value === undefined) {
      throw new UserError(
        `${path}: the entry "${name}" of its metadata is ${shortened(text)}; expected ${expected}`,
      );
    }
    return value;
  };
  const numbers = entry('mean', THREE, threeOf(Number.isFinite));
  const deviations = entry(
    'std',
    THREE,
    threeOf((value) => value > 0 && Number.isFinite(value)),
  );
  const deployment = {
    architecture: entry('architecture', 'the name of a backbone', (text) => text || undefined),
    classes: entry('classes', 'a list of different names', classesIn),
    imageSize: entry('imageSize', '8 to 512', sizeIn),
    normalisation: { mean: numbers, std: deviations },
    resizing: entry('resizing', 'fit, interpolation, cropFraction and orientation', resizingIn),
  };
  if (entry('head', 'trained or untrained', headIn) === 'trained') return deployment;
  throw new UserError(
    `${path} has no trained classifier: its loss trains features alone, and says nothing of classes`,
  );
}

const THREE = 'three numbers';

function classesIn(text: string): readonly string[] | undefined {
  const names = parsed(text);
  const areNames =
    Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === 'string');
  return areNames && new Set(names).size === names.length ? names : undefined;
}

function sizeIn(text: string): number | undefined {
  const size = Number(text);
  return Number.isInteger(size) && size >= 8 && size <= 512 ? size : undefined;
}

function headIn(text: string): 'trained' | 'untrained' | undefined {
  return text === 'trained' || text === 'untrained' ? text : undefined;
}

function threeOf(isRight: (value: number) => boolean) {
  return (text: string): ChannelStatistics['mean'] | undefined => {
    const values = parsed(text);
    const areRight =
      Array.isArray(values) &&
      values.length === 3 &&
      values.every((value) => typeof value === 'number' && isRight(value));
    return areRight ? (values as unknown as ChannelStatistics['mean']) : undefined;
  };
}

const CHOICES = {
  fit: ['cover', 'fill'],
  interpolation: ['bilinear', 'bicubic', 'lanczos'],
  orientation: ['stored', 'exif'],
} as const satisfies Partial<Record<keyof Resizing, readonly string[]>>;

function resizingIn(text: string): Resizing | undefined {
  const found = parsed(text);
  if (!isMapping(found)) return undefined;
  const { cropFraction } = found;
  const areChoices = Object.entries(CHOICES).every(([name, choices]) =>
    (choices as readonly unknown[]).includes(found[name]),
  );
  const isShare = typeof cropFraction === 'number' && cropFraction > 0 && cropFraction <= 1;
  return areChoices && isShare ? (found as unknown as Resizing) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function shortened(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
