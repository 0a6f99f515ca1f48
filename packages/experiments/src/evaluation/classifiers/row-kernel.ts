/**
 * The loops over features in few-shot classification, as WebAssembly: plain JavaScript has no vectors, and ONNX Runtime would
 * want the rows of each episode side by side first. The order of all sums is fixed, so every machine gives the same bytes.
 *
 * Rows are float32, `dim` a multiple of 8. Columns lie five together, since most episodes are 5-way, in vectors of 16 bytes:
 * the first elements of each of the five, then the next of each, and so on. Each column is there twice, as float64 and as
 * float32. All places are bytes of the kernel's memory.
 */
import { type Code, encodeModule, op } from './wasm.ts';

/** Columns that lie together. */
export const COLUMNS = 5;

/** Elements that `combine` takes in a turn. */
export const TURN = 8;

export interface RowKernel {
  readonly memory: ArrayBuffer;
  /**
   * A column Σ amount · row, summed in float64.
   * @param from list of the rows' places, uint32
   * @param amounts one float64 a row
   * @param double where its first vector of float64 goes
   * @param single where that of float32 goes
   * @returns its squared length
   */
  combine(from: number, end: number, amounts: number, dim: number, double: number, single: number): number;
  /** The same with amounts of 1, which are not read. */
  sum(from: number, end: number, amounts: number, dim: number, double: number, single: number): number;
  /**
   * Inner products of rows with five columns, as float64.
   * @param from list of the rows' places, uint32
   * @param factors by which the five are multiplied, float64
   * @param out where the first row's five go
   * @param stride bytes from there to where the next row's go
   */
  single: Products;
  /** The same in float64. */
  double: Products;
}

type Products = (
  from: number,
  end: number,
  columns: number,
  dim: number,
  factors: number,
  out: number,
  stride: number,
) => number;

/** A kernel with so many bytes of memory, all zero. */
export function openRowKernel(bytes: number): RowKernel {
  const pages = Math.ceil(bytes / 2 ** 16);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(compiled, { environment: { memory } });
  return { ...(exports as unknown as Omit<RowKernel, 'memory'>), memory: memory.buffer };
}

/** Node's global, which its types leave to the browser's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (pages: {
    readonly initial: number;
    readonly maximum: number;
  }) => {
    readonly buffer: ArrayBuffer;
  };
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

const VECTOR = 16;
/** Bytes from a column's vector to its next one. */
const STRIDE = COLUMNS * VECTOR;

function combine(weighted: boolean): Code {
  const [from, end, amounts, dim, double, single] = [0, 1, 2, 3, 4, 5] as const;
  const [at, amountAt, row, offset, offsetEnd] = [6, 7, 8, 9, 10] as const;
  const [amount, squares, ...sums] = [11, 12, 13, 14, 15, 16] as const;
  return [
    ...op.set(offsetEnd, op.times4(op.get(dim))),
    ...op.loopWhileLess(offset, offsetEnd, [
      ...op.set(at, op.get(from)),
      ...op.set(amountAt, op.get(amounts)),
      ...sums.flatMap((sum) => op.set(sum, op.zeros)),
      ...op.loopWhileLess(at, end, [
        ...op.set(row, op.add(op.loadInteger(op.get(at)), op.get(offset))),
        ...(weighted ? op.set(amount, op.loadTwice(op.get(amountAt))) : []),
        ...sums.flatMap((sum, pair) => {
          const values = op.loadTwoFloats(op.get(row), 8 * pair);
          const share = weighted ? op.timesDoubles(op.get(amount), values) : values;
          return op.set(sum, op.addDoubles(op.get(sum), share));
        }),
        ...(weighted ? op.advance(amountAt, 8) : []),
        ...op.advance(at, 4),
      ]),
      ...sums.flatMap((sum, pair) => [
        ...op.store(op.get(double), op.get(sum), STRIDE * pair),
        ...op.storeTwoFloats(op.get(single), op.get(sum), STRIDE * (pair >> 1) + 8 * (pair % 2)),
        ...op.set(squares, op.addDoubles(op.get(squares), op.timesDoubles(op.get(sum), op.get(sum)))),
      ]),
      ...op.advance(double, STRIDE * sums.length),
      ...op.advance(single, (STRIDE * sums.length) / 2),
      ...op.advance(offset, 4 * TURN),
    ]),
    ...op.sumOfDoubles(squares),
  ];
}

const PRECISIONS = {
  single: { values: 4, load: op.load, add: op.addFloats, times: op.timesFloats, sum: op.sumOfFloats },
  double: {
    values: 2,
    load: op.loadTwoFloats,
    add: op.addDoubles,
    times: op.timesDoubles,
    sum: op.sumOfDoubles,
  },
};

/**
 * One row by five columns and one vector of each in a turn: five sums are as many as an addition's latency needs, and what is
 * alive fits sixteen registers. V8 loads all that a turn reads before it adds, so longer turns and two rows at a time spill.
 */
function products({ values, load, add, times, sum }: (typeof PRECISIONS)[keyof typeof PRECISIONS]): Code {
  const [from, end, columns, dim, factors, out, stride] = [0, 1, 2, 3, 4, 5, 6] as const;
  const [row, rowEnd, column] = [7, 8, 9] as const;
  const [value, ...sums] = [10, 11, 12, 13, 14, 15] as const;
  return [
    ...op.loopWhileLess(from, end, [
      ...op.set(row, op.loadInteger(op.get(from))),
      ...op.set(rowEnd, op.add(op.get(row), op.times4(op.get(dim)))),
      ...op.set(column, op.get(columns)),
      ...sums.flatMap((local) => op.set(local, op.zeros)),
      ...op.loopWhileLess(row, rowEnd, [
        ...op.set(value, load(op.get(row), 0)),
        ...sums.flatMap((local, k) => {
          const weight = op.load(op.get(column), VECTOR * k);
          return op.set(local, add(op.get(local), times(op.get(value), weight)));
        }),
        ...op.advance(row, 4 * values),
        ...op.advance(column, STRIDE),
      ]),
      ...sums.flatMap((local, k) => {
        const product = op.timesDouble(sum(local), op.loadDouble(op.get(factors), 8 * k));
        return op.storeDouble(op.get(out), product, 8 * k);
      }),
      ...op.set(out, op.add(op.get(out), op.get(stride))),
      ...op.advance(from, 4),
    ]),
    ...op.noDouble,
  ];
}

const compiled = new WebAssembly.Module(
  encodeModule([
    { name: 'combine', parameters: 6, integers: 5, vectors: 6, code: combine(true) },
    { name: 'sum', parameters: 6, integers: 5, vectors: 6, code: combine(false) },
    { name: 'single', parameters: 7, integers: 3, vectors: 6, code: products(PRECISIONS.single) },
    { name: 'double', parameters: 7, integers: 3, vectors: 6, code: products(PRECISIONS.double) },
  ]),
);
