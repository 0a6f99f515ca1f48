import fc from 'fast-check';

/** Test support: small random batches for property tests. */
export interface ArbitraryBatch {
  /** [n, d], entries in [-3, 3]. */
  readonly embeddings: number[][];
  /** [n, classes]. */
  readonly logits: number[][];
  /** [n], in [0, classes). */
  readonly labels: number[];
}

export const CLASSES = 4;

/** Two to ten samples. Entries are hundredths, so a row is zero or at least 0.01 long. */
export function arbitraryBatch(
  entry: fc.Arbitrary<number> = fc.integer({ min: -300, max: 300 }).map((x) => x / 100),
): fc.Arbitrary<ArbitraryBatch> {
  return fc
    .record({ n: fc.integer({ min: 2, max: 10 }), d: fc.integer({ min: 1, max: 6 }) })
    .chain(({ n, d }) =>
      fc.record({
        embeddings: matrix(entry, n, d),
        logits: matrix(entry, n, CLASSES),
        labels: fc.oneof(
          { weight: 6, arbitrary: fc.array(fc.nat(CLASSES - 1), { minLength: n, maxLength: n }) },
          { weight: 1, arbitrary: fc.constant(Array.from({ length: n }, () => 1)) },
          { weight: 1, arbitrary: fc.constant(Array.from({ length: n }, (_, i) => i)) },
        ),
      }),
    );
}

/** Entries at the limits of float32: its largest, smallest normal and denormal numbers, zeros, and ordinary numbers. */
export const extremeEntries = fc.constantFrom(
  ...[0, -0, 3.4e38, -3.4e38, 1e30, 1e-12, 1.2e-38, -1e-40, 1.4e-45, 1, -0.5],
);

function matrix(entry: fc.Arbitrary<number>, rows: number, columns: number): fc.Arbitrary<number[][]> {
  const row = fc.array(entry, { minLength: columns, maxLength: columns });
  return fc.array(row, { minLength: rows, maxLength: rows });
}
