/** The ends of an interval for a table's columns; null without an interval. */
export function boundsOf(
  estimate:
    | { readonly kind: 'interval'; readonly lower: number; readonly upper: number }
    | { readonly kind: string }
    | undefined,
): readonly [lower: number | null, upper: number | null] {
  return estimate !== undefined && 'lower' in estimate ? [estimate.lower, estimate.upper] : [null, null];
}
