import type { FeatureMatrix } from '../features.ts';
import { type Episode, requireEpisode } from './episode.ts';
import { COLUMNS, openRowKernel, type RowKernel, TURN } from './row-kernel.ts';

/** Float32 loops are twice as fast. Results must equal those of float64. */
export type Precision = 'single' | 'double';

/** Bytes of features held in the kernel's memory: 26,000 rows of 640. */
const HELD_BYTES = 2 ** 26;

/**
 * The rows of an episode in the kernel's memory, and columns made from them. A row is copied when an episode first needs it.
 * When the memory is full, all rows are dropped. So memory does not grow with the features, and most rows are copied once.
 */
export class EpisodeRows {
  /** Rows of unit length, or zero rows. */
  readonly features: FeatureMatrix;
  readonly #largest: { readonly support: number; readonly queries: number };
  readonly #kernel: RowKernel;
  /** Length of a row, padded with zeros to a multiple of the kernel's turn. */
  readonly #dim: number;
  readonly #capacity: number;
  readonly #rows: Float32Array;
  readonly #list: Uint32Array;
  readonly #amounts: Float64Array;
  /** Factor of the products with each column. */
  readonly #factors: Float64Array;
  readonly #out: Float64Array;
  /** Byte offset of the columns, by precision. */
  readonly #columns: Readonly<Record<Precision, number>>;
  /** Slot of each row of the features, counted in rows; −1 for a row that is not held. */
  readonly #slots: Int32Array;
  #held = 0;

  /** @param largest maximum number of support rows and of queries in an episode */
  constructor(
    features: FeatureMatrix,
    largest: { readonly support: number; readonly queries: number },
    heldBytes = HELD_BYTES,
    openKernel: (bytes: number) => RowKernel = openRowKernel,
  ) {
    this.features = features;
    this.#largest = largest;
    this.#dim = Math.ceil(features.dim / TURN) * TURN;
    const count = features.values.length / features.dim;
    const needed = largest.support + largest.queries;
    this.#capacity = Math.max(needed, Math.min(count, Math.floor(heldBytes / (4 * this.#dim))));
    this.#slots = new Int32Array(count).fill(-1);

    const columns = Math.ceil(largest.support / COLUMNS) * COLUMNS;
    const listed = Math.max(largest.support, largest.queries);
    let bytes = 0;
    const take = (size: number): number => {
      bytes += size;
      return bytes - size;
    };
    this.#columns = { double: take(8 * columns * this.#dim), single: take(4 * columns * this.#dim) };
    const amounts = take(8 * listed);
    const factors = take(8 * columns);
    const out = take(8 * listed * columns);
    const rows = take(4 * this.#capacity * this.#dim);
    const list = take(4 * listed);
    this.#kernel = openKernel(bytes);
    const { memory } = this.#kernel;
    this.#amounts = new Float64Array(memory, amounts, listed);
    this.#factors = new Float64Array(memory, factors, columns).fill(1);
    this.#out = new Float64Array(memory, out, listed * columns);
    this.#rows = new Float32Array(memory, rows, this.#capacity * this.#dim);
    this.#list = new Uint32Array(memory, list, listed);
  }

  /** Copies the rows of an episode. @throws RangeError where it does not fit the features, or exceeds `largest` */
  enter(episode: Episode): void {
    const { values, dim } = this.features;
    requireEpisode(episode, values, dim);
    const { support, queries } = episode;
    if (support.length > this.#largest.support || queries.length > this.#largest.queries) {
      throw new RangeError(
        `an episode has ${support.length} support rows and ${queries.length} queries, too many`,
      );
    }
    if (this.#hold(support) && this.#hold(queries)) return;
    this.#slots.fill(-1);
    this.#held = 0;
    this.#hold(support);
    this.#hold(queries);
  }

  /** Copies the rows that are not held. Returns false when the memory is full. */
  #hold(rows: Int32Array): boolean {
    const { values, dim } = this.features;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      if (this.#slots[row]! >= 0) continue;
      if (this.#held === this.#capacity) return false;
      this.#rows.set(values.subarray(row * dim, (row + 1) * dim), this.#held * this.#dim);
      this.#slots[row] = this.#held++;
    }
    return true;
  }

  /**
   * Sets column `k` to the weighted sum of the rows `rows[from]` to `rows[to − 1]`.
   * @param amounts weights of these rows; 1 by default
   * @returns the squared length of the column
   */
  combine(k: number, rows: Int32Array, from: number, to: number, amounts?: Float64Array): number {
    if (amounts !== undefined) this.#amounts.set(amounts);
    this.#factors[k] = 1;
    const list = this.#places(rows, from, to);
    const block = Math.floor(k / COLUMNS) * COLUMNS * this.#dim;
    const vector = 16 * (k % COLUMNS);
    return this.#kernel[amounts === undefined ? 'sum' : 'combine'](
      list,
      list + 4 * (to - from),
      this.#amounts.byteOffset,
      this.#dim,
      this.#columns.double + 8 * block + vector,
      this.#columns.single + 4 * block + vector,
    );
  }

  /** Sets the factor of all products with column `k`. `combine` resets it to 1. */
  scale(k: number, factor: number): void {
    this.#factors[k] = factor;
  }

  /**
   * Inner products of rows with the first `columns` columns, row-major, shape (rows, `strideOf(columns)`). Entries beyond
   * these columns are undefined; with `lower`, so are entries above the diagonal. The next call overwrites the result.
   */
  products(rows: Int32Array, columns: number, precision: Precision, lower = false): Float64Array {
    const stride = strideOf(columns);
    for (let k = 0; k < columns; k += COLUMNS) {
      const first = lower ? k : 0;
      const list = this.#places(rows, first, rows.length);
      const end = list + 4 * (rows.length - first);
      const column = this.#columns[precision] + (precision === 'double' ? 8 : 4) * k * this.#dim;
      const factors = this.#factors.byteOffset + 8 * k;
      const out = this.#out.byteOffset + 8 * (first * stride + k);
      this.#kernel[precision](list, end, column, this.#dim, factors, out, 8 * stride);
    }
    return this.#out;
  }

  /** Writes the addresses of the rows `rows[from]` to `rows[to − 1]` into a list. @returns byte offset of the list */
  #places(rows: Int32Array, from: number, to: number): number {
    const [list, slots] = [this.#list, this.#slots];
    const [start, bytes] = [this.#rows.byteOffset, 4 * this.#dim];
    for (let i = from; i < to; i++) list[i - from] = start + slots[rows[i]!]! * bytes;
    return list.byteOffset;
  }
}

/** Number of elements between two rows of products. */
export function strideOf(columns: number): number {
  return Math.ceil(columns / COLUMNS) * COLUMNS;
}
