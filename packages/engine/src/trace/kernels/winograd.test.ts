/** How much convolution in tiles rounds, beside the plain sum in float32; both against float64. */
import { describe, expect, it } from 'vitest';
import { float32, specsOf } from '../../host-tensor.ts';
import { eagerEngine } from '../../runtime/eager-engine.ts';
import { onnxEngine } from '../../runtime/onnx-engine.ts';
import type { Engine, Step } from '../../step.ts';
import { type Tensor4D, tf } from '../../tf.ts';

const CHANNELS = 64;
const OUTPUTS = 16;

/** Normal numbers by Box and Muller from a linear congruential generator (Numerical Recipes' constants). */
function normal(count: number, seed: number): Float32Array {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

const step: Step = ({ inputs: { x, filter } }) => ({
  outputs: { y: tf.conv2d(x as Tensor4D, filter as Tensor4D, 1, 'valid') },
});

describe.each([
  { side: 8, tile: 'of 4 × 4 outputs', atMost: 6e-6 },
  { side: 4, tile: 'of 2 × 2 outputs', atMost: 2e-6 },
])('a convolution of $side × $side inputs, in tiles $tile', ({ side, atMost }) => {
  const x = normal(side * side * CHANNELS, 1);
  const filter = normal(9 * CHANNELS * OUTPUTS, 2).map((value) => value / Math.sqrt(9 * CHANNELS));
  const exact = inDoublePrecision(x, filter, side);
  const inputs = {
    x: float32([1, side, side, CHANNELS], x),
    filter: float32([3, 3, CHANNELS, OUTPUTS], filter),
  };

  async function worst(engine: Engine): Promise<number> {
    const compiled = await engine.compile(step, { state: {}, inputs: specsOf(inputs) });
    const { y } = await compiled.run(engine.createState({}), inputs);
    await compiled.dispose();
    return Math.max(...exact.map((value, k) => Math.abs(value - y!.data[k]!)));
  }

  it(`is within ${atMost} of outputs of unit variance`, async () => {
    // The plain sum is not exact either: TensorFlow.js's own shows by how much.
    expect(await worst(eagerEngine())).toBeGreaterThan(1e-7);
    expect(await worst(onnxEngine({ threads: 1 }))).toBeLessThan(atMost);
  });
});

function inDoublePrecision(x: Float32Array, filter: Float32Array, side: number): number[] {
  const outSide = side - 2;
  return Array.from({ length: outSide ** 2 * OUTPUTS }, (_, k) => {
    const output = k % OUTPUTS;
    const [row, column] = [Math.floor(k / OUTPUTS / outSide), Math.floor(k / OUTPUTS) % outSide];
    let sum = 0;
    for (let tap = 0; tap < 9; tap++) {
      const pixel = (row + Math.floor(tap / 3)) * side + column + (tap % 3);
      for (let channel = 0; channel < CHANNELS; channel++) {
        sum += x[pixel * CHANNELS + channel]! * filter[(tap * CHANNELS + channel) * OUTPUTS + output]!;
      }
    }
    return sum;
  });
}
