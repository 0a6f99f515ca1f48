/** Which processors give the same bits (docs/reproducibility.md). */
import type { Provenance } from '../provenance.ts';

/** Processors of this kind give the same bits. No other kind has a promise. */
export const PORTABLE = 'x86-64 with AVX2 and FMA';

/**
 * The kind of processor that computed a result. Results of one kind may lie in one ledger.
 *
 * @returns `PORTABLE`, or a text with the platform and all instruction sets that the system listed
 */
export function processorKind({
  platform,
  instructionSets,
}: Pick<Provenance, 'platform' | 'instructionSets'>): string {
  if (instructionSets === null) return `${platform} with unknown instruction sets`;
  const has = (name: string) => instructionSets.includes(name);
  if (platform.endsWith('-x64') && has('avx2') && has('fma')) return PORTABLE;
  return `${platform} with the instruction sets ${instructionSets.toSorted().join(' ') || '(none)'}`;
}
