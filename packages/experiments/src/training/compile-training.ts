import { branchMask } from '@clce/backbones';
import {
  type CompiledStep,
  compileGradientCache,
  type Engine,
  type LossResult,
  type Scalar,
  specsOf,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  type Tensors,
  trainingStep,
} from '@clce/engine';
import { evaluateInGroups, getLoss } from '@clce/losses';
import type { TrainingSpec } from '../suite/cell.ts';
import { groupsPerStep } from '../suite/methods/group.ts';
import { rateScaleOf } from './recipe.ts';
import type { TrainingPlan } from './training-plan.ts';

/** Compiles one step over the whole batch, which passes the backbone at once or in micro-batches. */
export function compileTraining(
  spec: TrainingSpec,
  { model, optimizer, initial, firstInputs: inputs, images, microBatch }: TrainingPlan,
  engine: Engine,
): Promise<CompiledStep> {
  const definition = getLoss(spec.loss.name);
  const signature = { state: specsOf(initial), inputs: specsOf(inputs) };
  const update = {
    parameters: Object.keys(model.parameters),
    optimizer,
    ...rateScaleOf(spec.recipe, model.backbone),
  };
  // The inputs with an entry for each image. The forward pass sees only these.
  const branches = Array.from({ length: model.backbone.residualBranches ?? 0 }, (_, at) => branchMask(at));
  const samples = ['images', ...branches].filter((name) => name in inputs);
  const forward = (state: Tensors, given: Tensors) =>
    model.forward(state, given['images'] as Tensor4D, 'training', given);
  const lossOf = ({ embeddings, logits }: Tensors, given: Tensors): LossResult => {
    const { labels, minorityLabels, minorityShare } = given;
    const { loss, crossEntropy, contrastive } = evaluateInGroups(
      definition,
      {
        logits: logits as Tensor2D,
        embeddings: embeddings as Tensor2D,
        labels: labels as Tensor1D,
        ...(minorityLabels && {
          minority: { labels: minorityLabels as Tensor1D, share: minorityShare as Scalar },
        }),
      },
      spec.loss.parameters,
      groupsPerStep(spec),
    );
    return { loss, metrics: { crossEntropy, contrastive } };
  };
  if (microBatch < images) {
    return compileGradientCache(
      engine,
      {
        ...update,
        microBatch,
        samples,
        forward(state, given) {
          const { embeddings, logits, statistics } = forward(state, given);
          return { outputs: { embeddings, logits }, state: statistics };
        },
        loss: lossOf,
      },
      signature,
    );
  }
  const step = trainingStep({
    ...update,
    loss(state, given) {
      const { embeddings, logits, statistics } = forward(state, given);
      return { ...lossOf({ embeddings, logits }, given), state: statistics };
    },
  });
  return engine.compile(step, signature);
}
