/** A training step in contrastive groups: of the model, its gradients and the update, plain and in micro-batches. */
import { type Engine, getEngine, type HostTensors } from '@clce/engine';
import { getLoss, lossNames } from '@clce/losses';
import { describe, expect, it } from 'vitest';
import type { TrainingSpec } from '../suite/cell.ts';
import { expand } from '../suite/cell.ts';
import { checkPreset } from '../suite/check-preset.ts';
import type { Recipe } from '../suite/preset.ts';
import { tinyDataset } from '../testing/tiny-dataset.ts';
import { tinyPreset } from '../testing/tiny-preset.ts';
import { compileTraining } from './compile-training.ts';
import { graphHash } from './graph-hash.ts';
import { planTraining } from './training-plan.ts';
import { trainingRecorder } from './training-record.ts';

const black = tinyDataset(16);
// Black pictures would have equal features.
const pixels = Uint8Array.from({ length: black.samples.length * 16 * 16 * 3 }, (_, at) => (at * 7919) % 251);
const dataset = { ...black, pixels };

function specOf(loss: string, recipe: Partial<Recipe> = {}, backbone = 'conv4'): TrainingSpec {
  const preset = checkPreset({
    ...tinyPreset,
    backbones: [backbone],
    losses: [{ name: loss }],
    recipe: { ...tinyPreset.recipe, ...recipe },
  });
  return expand(preset, new Map([['icons', dataset.manifestHash]]))[1]!.spec as TrainingSpec;
}

/** The outputs of the first step, and the state after it. */
async function firstStep(engine: Engine, spec: TrainingSpec) {
  const plan = await planTraining(spec, dataset);
  const step = await compileTraining(spec, plan, engine);
  const state = engine.createState(plan.initial);
  const { labels } = plan.batches.batchAt(0);
  const outputs = await step.run(state, plan.firstInputs);
  const values = await state.read(Object.keys(plan.model.parameters));
  const number = (name: string) => outputs[name]!.data[0]!;
  state.dispose();
  await step.dispose();
  return { labels, values, number };
}

const bits = (tensors: HostTensors) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { data }]) => [
      name,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
    ]),
  );

const onnx = await getEngine('onnx').start({ threads: 1 });
const contrasting = lossNames.filter((name) => getLoss(name).contrasts !== false);

describe.each(contrasting)('%s', (name) => {
  it('in one group is the plain step, bit for bit', async () => {
    const [plain, whole] = [specOf(name), specOf(name, { contrastiveGroup: 16 })];
    const load = async () => dataset;
    expect(await graphHash(whole, load)).toBe(await graphHash(plain, load));
    const [one, other] = [await firstStep(onnx, plain), await firstStep(onnx, whole)];
    expect(bits(other.values)).toEqual(bits(one.values));
  });

  it('in groups has another contrastive term and the same cross-entropy', async () => {
    const plain = await firstStep(onnx, specOf(name));
    const grouped = await firstStep(onnx, specOf(name, { contrastiveGroup: 8 }));
    expect(grouped.number('crossEntropy')).toBeCloseTo(plain.number('crossEntropy'), 5);
    expect(Math.abs(grouped.number('contrastive') - plain.number('contrastive'))).toBeGreaterThan(1e-3);
    expect(bits(grouped.values)).not.toEqual(bits(plain.values));
  });
});

it('the groups of a batch in micro-batches are those of the whole batch', async () => {
  // Without batch norm, which sees a micro-batch.
  const lossOf = async (recipe: Partial<Recipe>) =>
    (await firstStep(onnx, specOf('h-scl', recipe, 'vit-tiny'))).number('loss');
  const grouped = await lossOf({ contrastiveGroup: 8 });
  const cached = await lossOf({ contrastiveGroup: 8, microBatch: 5 });
  expect(Math.abs(cached / grouped - 1)).toBeLessThan(1e-5);
});

it('both views of a sample are in one group: in groups of one sample SupCon has its own other view alone', async () => {
  // With one positive and no negative the loss of form "out" is log 1 = 0.
  const { number } = await firstStep(onnx, specOf('supcon-two-views', { contrastiveGroup: 2 }));
  expect(number('contrastive')).toBeCloseTo(0, 6);
  const larger = await firstStep(onnx, specOf('supcon-two-views', { contrastiveGroup: 4 }));
  expect(larger.number('contrastive')).toBeGreaterThan(0.01);
});

describe('the share of images with another one of their class', () => {
  const point = { step: 1, loss: 0, crossEntropy: 0, contrastive: 0, gradientNorm: 0 };
  const positives = (labels: number[], samples: number, groups: number) => {
    const recorder = trainingRecorder(1, groups, undefined);
    recorder.add(new Int32Array(samples), Int32Array.from(labels), point);
    return recorder.record([], 1).positives;
  };

  it('counts those in the same contrastive group', () => {
    const labels = [0, 0, 1, 2, 1, 3, 4, 5];
    expect(positives(labels, 8, 1)).toBe(0.5);
    expect(positives(labels, 8, 2)).toBe(0.25);
    expect(positives(labels, 8, 4)).toBe(0.25);
  });

  it('counts the other view of a sample', () => {
    expect(positives([0, 1, 2, 3, 0, 1, 2, 3], 4, 4)).toBe(1);
    expect(positives([0, 1, 2, 3], 4, 1)).toBe(0);
  });

  it('is all of them in class-balanced batches, whose groups hold whole groups of a class', async () => {
    const spec = specOf('clce', { samplesPerClass: 4, contrastiveGroup: 8 });
    const { batches } = await planTraining(spec, dataset);
    const { labels } = batches.batchAt(0);
    expect(positives([...labels], 16, 2)).toBe(1);
  });
});
