/** The preset of a comparison on a folder of pictures. */
import { getBackbone } from '@clce/backbones';
import {
  type DeclaredPreset,
  learningRateRanges,
  ownRangesOf,
  type Preset,
  sharedRanges,
  titleOf,
} from '@clce/experiments';
import { getLoss } from '@clce/losses';
import type { BudgetPlan } from './budget.ts';

/** What is compared: accuracy on new pictures of the same classes, or on episodes of new classes. */
export type MeasureName = 'head' | 'few-shot';

/** What is compared, before the plan. */
export interface CompareRequest {
  /** Name of the data set. */
  readonly dataset: string;
  readonly imageSize: number;
  readonly backbone: string;
  /** A file of pretrained weights, relative to the file that the preset is written to. */
  readonly weights?: string | undefined;
  readonly normalisation?: Preset['recipe']['normalisation'];
  /** The first is the reference. */
  readonly losses: readonly string[];
  readonly measures: readonly MeasureName[];
  readonly batchSize: number;
  readonly engine: string;
  /** Whether training mirrors pictures. */
  readonly flip: boolean;
  /** Margin of equivalence, in points. */
  readonly margin: number;
  readonly seed: number;
}

/** Queries of each class of an episode; with five shots they need twenty pictures. */
const QUERIES = 15;
const REFERENCE_SAMPLES = 2000;

/** A training on the side of development, with this number of steps and nothing tuned: what a step costs. */
export function measuredPreset(asked: CompareRequest, steps: number): DeclaredPreset {
  return {
    ...common(asked, steps),
    seeds: [asked.seed],
    split: { side: 'development', ...holdsOf(asked.measures) },
    protocol: protocolOf(asked, 'validation'),
  };
}

export function comparisonPreset(asked: CompareRequest, plan: BudgetPlan): DeclaredPreset {
  const { losses, seed, margin } = asked;
  const scores = scoresOf(asked);
  return {
    ...common(asked, plan.steps),
    seeds: Array.from({ length: plan.seeds }, (_, at) => seed + at),
    split: { side: 'confirmation', folds: plan.folds, ...holdsOf(asked.measures) },
    protocol: protocolOf(asked, 'reported'),
    tuning: {
      trials: plan.trials,
      seed: seed + 1,
      space: {
        'recipe.learningRate': learningRateRanges[isPretrained(asked) ? 'pretrained' : 'scratch'],
        ...sharedRanges,
      },
      own: Object.fromEntries(
        losses.flatMap((name) => {
          const ranges = ownRangesOf(name);
          return Object.keys(ranges).length === 0 ? [] : [[titleOf({ name }), ranges]];
        }),
      ),
      criterion: scores,
      edge: 0.05,
    },
    verdicts: { margin, scores },
  };
}

/** The scores that are judged: the head's, or a linear probe's where a loss trains no head. */
function scoresOf({ losses, measures }: CompareRequest): string[] {
  const head = losses.every((name) => getLoss(name).trainsHead) ? 'head' : 'linear-probe';
  return measures.map((measure) => (measure === 'head' ? head : '5-shot logistic-regression'));
}

/** Whether the backbone starts from pretrained weights. */
export function isPretrained({ backbone, weights }: CompareRequest): boolean {
  return weights !== undefined || getBackbone(backbone).bundled !== undefined;
}

function common(asked: CompareRequest, steps: number) {
  const { dataset, imageSize, backbone, weights, normalisation, losses, batchSize, engine } = asked;
  return {
    datasets: [dataset],
    imageSize,
    backbones: [backbone],
    ...(weights !== undefined && { weights: { [backbone]: weights } }),
    losses: [...losses],
    batchSizes: [batchSize],
    engine,
    recipe: {
      optimizer: 'adamw' as const,
      learningRate: isPretrained(asked) ? 3e-4 : 3e-3,
      learningRateRule: 'none' as const,
      baseBatchSize: batchSize,
      weightDecay: 0.05,
      warmup: 0.05,
      crop: true,
      horizontalFlip: asked.flip,
      ...(normalisation && { normalisation }),
      budget: { steps },
    },
  };
}

/** What folds hold out: for both measures, classes and samples. */
export function holdsOf(measures: readonly MeasureName[]): { readonly holds?: 'classes' | 'samples' } {
  if (measures.length === 2) return {};
  return { holds: measures[0] === 'head' ? 'samples' : 'classes' };
}

function protocolOf(asked: CompareRequest, side: 'validation' | 'reported'): Preset['protocol'] {
  const { measures, losses, seed } = asked;
  const classifiers = [
    'head' as const,
    'k-nn' as const,
    ...(losses.every((name) => getLoss(name).trainsHead) ? [] : ['linear-probe' as const]),
  ];
  const trained = { classifiers, referenceSamples: REFERENCE_SAMPLES, predictions: true as const };
  if (measures.includes('few-shot')) {
    return {
      kind: 'few-shot',
      classes: side === 'validation' ? 'validation' : 'novel',
      way: 5,
      shots: [1, 5],
      query: QUERIES,
      episodes: 600,
      seed,
      classifiers: ['logistic-regression', 'nearest-centroid'],
      ...(measures.includes('head') && { seenClasses: trained }),
    };
  }
  return {
    kind: 'transfer',
    partition: side === 'validation' ? 'validation' : 'test',
    // No weights are chosen by validation samples: every training runs to its end.
    validationShare: 0.1,
    checkpoints: 0,
    ...trained,
    seed,
  };
}
