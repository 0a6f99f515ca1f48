/** A training step in contrastive groups: of the model, its gradients and the update. groups.long.test.ts has micro-batches. */
import { getEngine, type HostTensors } from '@clce/engine';
import { getLoss, lossNames } from '@clce/losses';
import { describe, expect, it } from 'vitest';
import { dataset, firstStep, specOf } from '../testing/first-step.ts';
import { graphHash } from './graph-hash.ts';
import { planTraining } from './training-plan.ts';
import { trainingRecorder } from './training-record.ts';

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
