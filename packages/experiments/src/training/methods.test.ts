/** What is compared is trained alike: every method has the same batches, steps, images and initial weights. */
import { readFileSync } from 'node:fs';
import { projectionHead } from '@clce/backbones';
import { type Tensor2D, type Tensors, tf } from '@clce/engine';
import { getLoss, lossNames } from '@clce/losses';
import { describe, expect, it } from 'vitest';
import { expand, type TrainingSpec } from '../suite/cell.ts';
import { checkPreset } from '../suite/check-preset.ts';
import type { Recipe } from '../suite/preset.ts';
import { tinyDataset } from '../testing/tiny-dataset.ts';
import { tinyPreset } from '../testing/tiny-preset.ts';
import { planTraining, type TrainingPlan } from './training-plan.ts';

const dataset = tinyDataset(16);

/** Plans of every loss by its name. */
async function plansWith(recipe: Partial<Recipe>): Promise<Map<string, TrainingPlan>> {
  const losses = lossNames.map((name) => ({ name }));
  const preset = checkPreset({ ...tinyPreset, losses, recipe: { ...tinyPreset.recipe, ...recipe } });
  const cells = expand(preset, new Map([['icons', dataset.manifestHash]])).slice(1);
  const plans = cells.map(async ({ spec }) => {
    const training = spec as TrainingSpec;
    return [training.loss.name, await planTraining(training, dataset)] as const;
  });
  return new Map(await Promise.all(plans));
}

describe.each<[string, Partial<Recipe>]>([
  ['shuffled', {}],
  ['of four samples a class', { samplesPerClass: 4 }],
  // Every class has eight samples.
  ['of groups in which a class repeats its samples', { samplesPerClass: 8, budget: { epochs: 3 } }],
  ['mixed', { mixup: 0.8, budget: { samples: 64 } }],
])('batches %s', (_, recipe) => {
  it('are the same for every method, two views being half of a batch', async () => {
    const plans = await plansWith(recipe);
    expect(plans.size).toBe(lossNames.length);
    const ce = plans.get('ce')!;
    for (const [name, plan] of plans) {
      const { views } = getLoss(name);
      const rows = [0, 1, 2, 3].slice(0, 2 * views).flatMap((step) => [...plan.batches.rowsAt(step)]);
      expect(rows, name).toEqual([0, 1].flatMap((step) => [...ce.batches.rowsAt(step)]));
      expect([plan.images, plan.steps, plan.optimizer.scalars(1)], name).toEqual([
        16,
        ce.steps,
        ce.optimizer.scalars(1),
      ]);
      for (const [weight, { data }] of Object.entries(ce.model.parameters)) {
        const own = plan.model.parameters[weight]!.data;
        expect(Buffer.from(own.buffer).equals(Buffer.from(data.buffer)), `${name}: ${weight}`).toBe(true);
      }
    }
  });
});

it('a batch holds whole groups of a class, for cross-entropy alone too', async () => {
  for (const [name, { batches }] of await plansWith({ samplesPerClass: 4 })) {
    const { labels } = batches.batchAt(0);
    for (let at = 0; at < labels.length; at += 4)
      expect(new Set(labels.subarray(at, at + 4)).size, name).toBe(1);
  }
});

it('a class smaller than its group fills the group by repetition, for every method', async () => {
  for (const [name, { batches }] of await plansWith({ samplesPerClass: 8 })) {
    expect(batches.smallClasses, name).toBe(0);
  }
  const few = { ...dataset, samples: dataset.samples.filter(({ label }, row) => label > 0 || row < 12) };
  const losses = [{ name: 'ce' }, { name: 'h-scl' }];
  const recipe = { ...tinyPreset.recipe, samplesPerClass: 8 };
  const preset = checkPreset({ ...tinyPreset, losses, recipe });
  for (const { spec } of expand(preset, new Map([['icons', 'f00']])).slice(1)) {
    const { batches } = await planTraining(spec as TrainingSpec, few);
    expect(batches.smallClasses).toBe(1);
    const perEpoch = Array.from({ length: batches.batchesPerEpoch }, (_, step) => [...batches.rowsAt(step)]);
    const ofSmallClass = perEpoch.flat().filter((row) => few.samples[row]!.label === 0);
    expect([ofSmallClass.length, new Set(ofSmallClass).size]).toEqual([8, 3]);
  }
});

interface SupConCase {
  readonly tau: number;
  readonly labels: number[];
  readonly features: number[][];
  readonly value: number;
  readonly gradFeatures: number[][];
  readonly gradWeights: Readonly<Record<string, number[]>>;
}

const fixtures = new URL('../../../../fixtures/losses/two-views.json', import.meta.url);
const { supCon } = JSON.parse(readFileSync(fixtures, 'utf8')) as { readonly supCon: SupConCase[] };

describe('SupCon of two views through its MLP head is what PyTorch makes of the paper’s equation', () => {
  it.each(supCon)('τ $tau', async ({ tau, labels, features, ...expected }) => {
    await tf.setBackend('cpu');
    const width = features[0]!.length;
    // The fixture's weights (fixtures/losses/generate_two_views.py).
    const wave = (shape: number[], phase: number) => {
      const count = shape.reduce((product, side) => product * side, 1);
      return tf.tensor(
        Array.from({ length: count }, (_, k) => 0.3 * Math.sin(1.7 * k + phase)),
        shape,
      );
    };
    const weights: Tensors = {
      'fc1.weight': wave([width, width], 0),
      'fc1.bias': wave([width], 1),
      'fc2.weight': wave([width, 128], 2),
      'fc2.bias': wave([128], 3),
    };
    const names = Object.keys(weights);
    const { value, grads } = tf.valueAndGrads((x, ...given) => {
      const named = Object.fromEntries(given.map((tensor, at) => [`projection.${names[at]!}`, tensor]));
      const { loss } = getLoss('supcon-two-views').apply(
        {
          logits: tf.zeros([labels.length, 2]),
          embeddings: projectionHead('mlp', named, x as Tensor2D),
          labels: tf.tensor1d(labels, 'int32'),
        },
        { temperature: tau },
      );
      return loss;
    })([tf.tensor2d(features), ...Object.values(weights)]);
    expect(value.dataSync()[0]).toBeCloseTo(expected.value, 4);
    const [atFeatures, ...atWeights] = grads.map((gradient) => [...gradient.dataSync()]);
    expectClose(atFeatures!, expected.gradFeatures.flat());
    for (const [at, name] of names.entries()) expectClose(atWeights[at]!, expected.gradWeights[name]!);
  });
});

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  expect(largest).toBeGreaterThan(1e-4);
  const error = Math.max(...actual.map((value, at) => Math.abs(value - expected[at]!)));
  expect(error).toBeLessThan(1e-4 * largest);
}
