/**
 * The loops over features in few-shot classification, as WebAssembly. JavaScript has no vector instructions, and ONNX Runtime
 * needs the rows of each episode in one contiguous tensor. The order of all sums is fixed, so every machine gives the same
 * bytes.
 *
 * Rows are float32, and `dim` is a multiple of 8. Columns are interleaved in groups of five, because most episodes are 5-way:
 * the first 16-byte vector of each of the five, then the second vector of each, and so on. Each column is stored twice, as
 * float64 and as float32. All addresses are byte offsets into the kernel's memory.
 */
import { type Code, encodeModule, op } from './wasm.ts';

/** Columns of an interleaved group. */
export const COLUMNS = 5;

/** Elements of a row that `combine` processes in one iteration. */
export const TURN = 8;

export interface RowKernel {
  readonly memory: ArrayBuffer;
  /**
   * Writes the column Σ amount · row, summed in float64.
   * @param from start of the list of the rows' addresses, uint32
   * @param end end of that list
   * @param amounts address of one float64 for each row
   * @param double address of the column's first float64 vector
   * @param single address of the column's first float32 vector
   * @returns the squared length of the column
   */
  combine(from: number, end: number, amounts: number, dim: number, double: number, single: number): number;
  /** The same with all amounts 1. `amounts` is not read. */
  sum(from: number, end: number, amounts: number, dim: number, double: number, single: number): number;
  /**
   * Writes inner products of rows with five columns, summed in float32 and stored as float64.
   * @param from start of the list of the rows' addresses, uint32
   * @param factors address of one float64 factor for each column
   * @param out address of the first row's five products
   * @param stride bytes between two rows of products
   */
  single: Products;
  /** The same, summed in float64. */
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

/** Opens a kernel with at least `bytes` bytes of memory, all zero. */
export function openRowKernel(bytes: number): RowKernel {
  const pages = Math.ceil(bytes / 2 ** 16);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(compiled, { environment: { memory } });
  return { ...(exports as unknown as Omit<RowKernel, 'memory'>), memory: memory.buffer };
}

/** Node's global. Node's types leave it to the browser's types. */
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
/** Bytes between two consecutive vectors of a column. */
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
 * One iteration multiplies one vector of a row with one vector of each of five columns. Five independent sums hide the
 * latency of an addition, and all live values fit into sixteen registers. V8 performs all loads of an iteration before its
 * additions, so longer iterations or two rows at a time would spill registers.
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
