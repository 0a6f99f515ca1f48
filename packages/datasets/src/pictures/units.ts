/** Rows that are joined, directly or through others: disjoint sets with path halving. */
export class Units {
  readonly #above: Int32Array;

  constructor(count: number) {
    this.#above = Int32Array.from({ length: count }, (_, row) => row);
  }

  join(one: number, other: number): void {
    const [a, b] = [this.firstOf(one), this.firstOf(other)];
    this.#above[Math.max(a, b)] = Math.min(a, b);
  }

  areJoined(one: number, other: number): boolean {
    return this.firstOf(one) === this.firstOf(other);
  }

  /** The smallest row of the unit. */
  firstOf(row: number): number {
    const above = this.#above;
    let at = row;
    while (above[at] !== at) {
      above[at] = above[above[at]!]!;
      at = above[at]!;
    }
    return at;
  }

  /** Rows of each unit, ascending; units in the order of their first rows. */
  all(): number[][] {
    const units = new Map<number, number[]>();
    for (const row of this.#above.keys()) {
      const first = this.firstOf(row);
      const unit = units.get(first);
      if (unit === undefined) units.set(first, [row]);
      else unit.push(row);
    }
    return [...units.values()];
  }
}
