/** What a processor can do beyond its architecture's minimum: libraries choose their kernels by it, and kernels round differently. */
import { readFile } from 'node:fs/promises';
import { ifAbsent } from '@clce/files';

/** Those that kernels of neural networks are chosen by, as Linux calls them. */
const RELEVANT = new Set([
  ...['avx', 'avx2', 'f16c', 'fma', 'avx_vnni'],
  ...['avx512f', 'avx512bw', 'avx512dq', 'avx512vl', 'avx512_vnni', 'avx512_bf16', 'avx512_fp16'],
  ...['amx_tile', 'amx_int8', 'amx_bf16'],
  ...['asimd', 'asimddp', 'asimdhp', 'asimdfhm', 'bf16', 'i8mm', 'sve', 'sve2', 'sme', 'sme2'],
]);

/** Of this machine's processor, sorted; null where the system does not say (only Linux does). */
export async function instructionSets(file = '/proc/cpuinfo'): Promise<string[] | null> {
  const text = await readFile(file, 'utf8').catch(ifAbsent(null));
  // `flags` on x86, `Features` on ARM; the first processor speaks for all.
  const listed = text && /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1];
  if (!listed) return null;
  return listed
    .split(/\s+/)
    .filter((name) => RELEVANT.has(name))
    .sort();
}
