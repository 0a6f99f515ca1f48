import { expect, it } from 'vitest';
import { float32, type HostTensor, int32, specsOf } from '../host-tensor.ts';
import { eagerEngine } from '../runtime/eager-engine.ts';
import { onnxEngine } from '../runtime/onnx-engine.ts';
import { type Tensor1D, type Tensor2D, tf } from '../tf.ts';
import { trace } from '../trace/trace.ts';
import { elementsAt, logSoftmax, withElementsAt, withRowsFrom } from './row-elements.ts';

const rows = [
  [1, -2, 3],
  [100, 0.5, -100],
  [0, 0, 0],
  [-1, 88, 90],
];
const columns = [2, 0, 1, 2];
const values = [7, -8, 9, 0.25];
const start = 1;
const newRows = [
  [4, 5, 6],
  [-4, -5, -6],
];

const inputs = {
  x: float32([4, 3], rows.flat()),
  columns: int32([4], columns),
  values: float32([4, 1], values),
  newRows: float32([2, 3], newRows.flat()),
};

it('softmax and log-softmax use no operator whose sums depend on the vector width', () => {
  const operatorsOf = (f: (x: Tensor2D) => Tensor2D) =>
    trace(({ inputs: { x } }) => ({ outputs: { y: f(x as Tensor2D) } }), {
      state: {},
      inputs: specsOf({ x: inputs.x }),
    }).nodes.map(([{ op }]) => op);
  const shared = ['ReduceMax', 'Sub', 'Exp', 'ReduceSum'];
  expect(operatorsOf(logSoftmax)).toEqual([...shared, 'Log', 'Sub']);
  expect(operatorsOf((x) => tf.softmax(x))).toEqual([...shared, 'Div']);
});

it.each([eagerEngine(), onnxEngine({ threads: 1 })])(
  'parts of a matrix, read and replaced, on $name',
  async (engine) => {
    const step = await engine.compile(
      ({ inputs: { x, columns, values, newRows } }) => ({
        outputs: {
          read: elementsAt(x as Tensor2D, columns as Tensor1D),
          written: withElementsAt(x as Tensor2D, columns as Tensor1D, values as Tensor2D),
          rows: withRowsFrom(x as Tensor2D, start, newRows as Tensor2D),
          logSoftmax: logSoftmax(x as Tensor2D),
        },
      }),
      { state: {}, inputs: specsOf(inputs) },
    );
    const result = await step.run(engine.createState({}), inputs);
    expect(numbers(result['read'])).toEqual(rows.map((row, i) => row[columns[i]!]));
    expect(numbers(result['written'])).toEqual(rows.flatMap((row, i) => row.with(columns[i]!, values[i]!)));
    expect(numbers(result['rows'])).toEqual(rows.flatMap((row, i) => newRows[i - start] ?? row));
    const expected = rows.flatMap((row) => {
      const most = Math.max(...row);
      const logSum = Math.log(row.reduce((sum, value) => sum + Math.exp(value - most), 0));
      return row.map((value) => value - most - logSum);
    });
    for (const [k, value] of numbers(result['logSoftmax']).entries())
      expect(value).toBeCloseTo(expected[k]!, 5);
    await step.dispose();
  },
);

function numbers(tensor: HostTensor | undefined): number[] {
  return Array.from(tensor!.data);
}
