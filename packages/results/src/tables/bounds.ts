/** The ends of an interval, null where there is none: what a table has columns for. */
export function boundsOf(
  estimate:
    | { readonly kind: 'interval'; readonly lower: number; readonly upper: number }
    | { readonly kind: string }
    | undefined,
): readonly [lower: number | null, upper: number | null] {
  return estimate !== undefined && 'lower' in estimate ? [estimate.lower, estimate.upper] : [null, null];
}
