import { type Engine, float32, type HostTensor, int32, type Tensor2D, tf } from '@clce/engine';
import type { Matrix } from '../reference/matrix.ts';
import type { EvaluateLoss } from './conformance.ts';

/** Test support: a loss and its gradient as one compiled step of `engine`. */
export function evaluateOn(engine: Engine): EvaluateLoss {
  return async (loss, matrices, labels) => {
    const inputs: Record<string, HostTensor> = { labels: int32([labels.length], labels) };
    for (const [i, matrix] of matrices.entries()) inputs[`x${i}`] = hostTensor(matrix);
    const compiled = await engine.compile(
      ({ inputs: { labels: y, ...x } }) => {
        const order = matrices.map((_, i) => x[`x${i}`]!);
        const { value, grads } = tf.valueAndGrads((...tensors) => loss(tensors as Tensor2D[], y!.as1D()))(
          order,
        );
        return { outputs: { value, ...Object.fromEntries(grads.map((gradient, i) => [`g${i}`, gradient])) } };
      },
      { state: {}, inputs },
    );
    const state = engine.createState({});
    const outputs = await compiled.run(state, inputs);
    state.dispose();
    await compiled.dispose();
    return {
      value: outputs['value']!.data[0]!,
      gradients: matrices.map((matrix, i) => asRows(outputs[`g${i}`]!, matrix[0]!.length)),
    };
  };
}

function hostTensor(matrix: Matrix): HostTensor {
  return float32([matrix.length, matrix[0]!.length], matrix.flat());
}

function asRows({ data }: HostTensor, columns: number): number[][] {
  return Array.from({ length: data.length / columns }, (_, i) => [
    ...data.slice(i * columns, (i + 1) * columns),
  ]);
}
