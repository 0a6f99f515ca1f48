import { type Scalar, type Tensor2D, tf } from '@clce/engine';
import { unknownName } from '@clce/registry';
import { blend, type LabelledBatch } from './blend.ts';
import { ceSupConParts } from './ce-sup-con.ts';
import { clceParts } from './clce.ts';
import { crossEntropyOf } from './cross-entropy.ts';
import { hcl } from './hcl.ts';
import { defineLoss, type LossDefinition, type LossParts } from './loss-definition.ts';
import { LossError, notAllowed } from './loss-error.ts';
import * as parameters from './parameters.ts';
import { supCon } from './sup-con.ts';

/**
 * The losses that a suite can name: the rows of every results table.
 *
 * To add one, add a definition here; its parameters' ranges and defaults stand in parameters.ts.
 */
export function findLoss(name: string): LossDefinition {
  const definition = definitions.find((candidate) => candidate.name === name);
  if (!definition) throw new LossError('loss', unknownName('loss', name, lossNames()));
  return definition;
}

/** All names, in the order of the tables. */
export function lossNames(): string[] {
  return definitions.map(({ name }) => name);
}

const { lambda, labelSmoothing, temperature, hardness, form, detachWeights, tauPlus } = parameters;

const definitions: readonly LossDefinition[] = [
  defineLoss({
    name: 'ce',
    title: 'CE',
    views: 1,
    trainsHead: true,
    parameters: { labelSmoothing },
    evaluate: (batch, values) => {
      const ce = crossEntropyOf(batch, values);
      return blendParts(0, batch, ce, tf.scalar(0));
    },
  }),
  defineLoss({
    name: 'ce+supcon',
    title: 'CE + SupCon',
    views: 1,
    trainsHead: true,
    parameters: { lambda, labelSmoothing, temperature },
    evaluate: ceSupConParts,
  }),
  defineLoss({
    name: 'clce',
    title: 'CLCE',
    views: 1,
    trainsHead: true,
    parameters: { lambda, labelSmoothing, temperature, hardness, form, detachWeights },
    evaluate: clceParts,
  }),
  defineLoss({
    name: 'supcon',
    title: 'SupCon',
    views: 1,
    trainsHead: false,
    parameters: { temperature },
    evaluate: (batch, values) =>
      blendParts(1, batch, tf.scalar(0), supCon(batch.embeddings, batch.labels, values)),
  }),
  defineLoss({
    name: 'ce+hcl',
    title: 'CE + HCL',
    views: 2,
    trainsHead: true,
    parameters: { lambda, labelSmoothing, temperature, hardness, tauPlus },
    evaluate: (batch, values) => {
      const ce = crossEntropyOf(batch, values);
      const [viewA, viewB] = splitViews(batch.embeddings);
      return blendParts(values.lambda, batch, ce, hcl(viewA, viewB, values));
    },
  }),
];

function blendParts(share: number, batch: LabelledBatch, ce: Scalar, contrastive: Scalar): LossParts {
  const loss = blend(share, batch, { crossEntropy: () => ce, contrastive: () => contrastive });
  return { loss, crossEntropy: ce, contrastive };
}

function splitViews(embeddings: Tensor2D): [Tensor2D, Tensor2D] {
  const [rows, features] = embeddings.shape;
  if (rows % 2 !== 0) throw notAllowed('embeddings', embeddings.shape, 'two views of equal size, stacked');
  const half = rows / 2;
  return [tf.slice(embeddings, [0, 0], [half, features]), tf.slice(embeddings, [half, 0], [half, features])];
}
