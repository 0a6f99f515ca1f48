import { describe, expect, it } from 'vitest';
import { float32, type HostTensors, specsOf } from './host-tensor.ts';
import {
  constantRate,
  drawMasks,
  eagerEngine,
  masked,
  onnxEngine,
  optimizerInputs,
  optimizerState,
  sgd,
  tf,
  trainingStep,
} from './index.ts';

const values = (masks: HostTensors, name: string) => Array.from(masks[name]!.data);

describe('the masks of a step', () => {
  const specs = { 'blocks.0.drop_path': { shape: [8, 1, 1], keep: 0.75 } };

  it('equal OpenSSL’s key stream', () => {
    // key=$(printf '7/3/blocks.0.drop_path' | sha256sum | head -c 32)
    // head -c 32 /dev/zero | openssl enc -aes-128-ctr -K $key -iv 00000000000000000000000000000000 | od -t u4
    // 2510473465 3567387945 2556084883 4074657316 4108967148 773228129 759809086 2282784510; kept: below 0.75 · 2^32
    const masks = drawMasks(specs, { seed: 7, step: 3 });
    const kept = Math.fround(1 / 0.75);
    expect(values(masks, 'blocks.0.drop_path')).toEqual([kept, 0, kept, 0, 0, kept, kept, kept]);
    expect(masks['blocks.0.drop_path']!.shape).toEqual([8, 1, 1]);
  });

  it('depend on the seed, the step, the name and the element, and on nothing else', () => {
    const mask = { shape: [500], keep: 0.5 };
    const draw = (seed: number, step: number, name: string) =>
      values(drawMasks({ other: mask, [name]: mask }, { seed, step }), name);
    const first = draw(1, 2, 'a');
    expect(draw(1, 2, 'a')).toEqual(first);
    expect(
      values(drawMasks({ a: { ...mask, shape: [700] } }, { seed: 1, step: 2 }), 'a').slice(0, 500),
    ).toEqual(first);
    for (const other of [draw(2, 2, 'a'), draw(1, 3, 'a'), draw(1, 2, 'b')]) {
      // Independent halves agree on about half of the elements: within 5 standard deviations.
      const agree = other.filter((value, k) => value === first[k]).length;
      expect(Math.abs(agree - 250)).toBeLessThan(5 * Math.sqrt(500 / 4));
    }
  });

  it.each([0.1, 0.5, 0.85])('keep a share of %f, and keep the expectation', (keep) => {
    const count = 100_000;
    const drawn = values(drawMasks({ m: { shape: [count], keep } }, { seed: 0, step: 0 }), 'm');
    const share = drawn.filter((value) => value > 0).length / count;
    expect(Math.abs(share - keep)).toBeLessThan(5 * Math.sqrt((keep * (1 - keep)) / count));
    expect(new Set(drawn)).toEqual(new Set([0, Math.fround(1 / keep)]));
  });

  it('drop nothing at keep = 1', () => {
    expect(values(drawMasks({ m: { shape: [50], keep: 1 } }, { seed: 3, step: 4 }), 'm')).toEqual(
      Array(50).fill(1),
    );
  });

  it('name the fault of a wrong argument', () => {
    const draw = (keep: number, seed = 0, step = 0) => drawMasks({ m: { shape: [1], keep } }, { seed, step });
    expect(() => draw(0)).toThrow(/mask 'm': keep is above 0 and at most 1, not 0/);
    expect(() => draw(0.5, 0.5)).toThrow(/seed is a whole number from 0, not 0.5/);
    expect(() => draw(0.5, 0, -1)).toThrow(/step is a whole number from 0, not -1/);
  });
});

it('without a mask, a tensor is unchanged', () => {
  const x = tf.tensor1d([1, 2]);
  expect(masked(x, undefined)).toBe(x);
});

describe.each([eagerEngine(), onnxEngine({ threads: 1 })])('on the $name engine', (engine) => {
  it('dropped elements add nothing to the loss and get no gradient; kept elements are scaled', async () => {
    // loss = Σ mask · x · w over two samples of two elements, so its gradient by w is Σ over samples of mask · x.
    const weight = { w: float32([2], [1, 10]) };
    const optimizer = sgd({ schedule: constantRate(1) });
    const initial = { ...weight, ...optimizerState(optimizer, weight) };
    const inputs = {
      x: float32([2, 2], [1, 2, 3, 4]),
      path: float32([2, 1], [0, 2]),
      dropout: float32([2, 2], [4, 4, 4, 0]),
      ...optimizerInputs(optimizer, 0),
    };
    const step = trainingStep({
      parameters: ['w'],
      optimizer,
      loss: ({ w }, { x, path, dropout }) => ({
        loss: tf.sum(masked(masked(tf.mul(x!, w!), path), dropout)),
      }),
    });
    const compiled = await engine.compile(step, { state: specsOf(initial), inputs: specsOf(inputs) });
    const state = engine.createState(initial);
    const { loss } = await compiled.run(state, inputs);
    expect(loss!.data[0]).toBe(3 * 2 * 4);
    expect(Array.from((await state.read(['w']))['w']!.data)).toEqual([1 - 3 * 2 * 4, 10]);
    state.dispose();
    await compiled.dispose();
  });
});
