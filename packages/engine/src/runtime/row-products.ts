import * as ort from 'onnxruntime-node';
import { encodeModel } from '../trace/onnx-proto.ts';
import { sameBits } from './same-bits.ts';

/**
 * The Gram matrix of the rows, in double precision.
 *
 * @param values row-major [rows, dim]
 * @returns row-major [rows, rows]
 */
export async function rowProducts(values: Float64Array, dim: number): Promise<Float64Array> {
  const rows = values.length / dim;
  const type = 'float64' as const;
  const model = encodeModel({
    nodes: [{ op: 'Gemm', inputs: ['rows', 'rows'], outputs: ['products'], attributes: { transB: 1 } }],
    initializers: [],
    inputs: [{ name: 'rows', type, shape: [rows, dim] }],
    outputs: [{ name: 'products', type, shape: [rows, rows] }],
  });
  const session = await ort.InferenceSession.create(model, { ...sameBits, logSeverityLevel: 3 });
  try {
    const { products } = await session.run({ rows: new ort.Tensor(type, values, [rows, dim]) });
    return products!.data as Float64Array;
  } finally {
    await session.release();
  }
}
