/** Instruction sets beyond the architecture's minimum. Libraries choose kernels by them, and kernels round differently. */
import { readFile } from 'node:fs/promises';
import { ifAbsent } from '@clce/files';

/** Linux's names of the instruction sets by which libraries choose neural-network kernels. */
const RELEVANT = new Set([
  ...['avx', 'avx2', 'f16c', 'fma', 'avx_vnni'],
  ...['avx512f', 'avx512bw', 'avx512dq', 'avx512vl', 'avx512_vnni', 'avx512_bf16', 'avx512_fp16'],
  ...['amx_tile', 'amx_int8', 'amx_bf16'],
  ...['asimd', 'asimddp', 'asimdhp', 'asimdfhm', 'bf16', 'i8mm', 'sve', 'sve2', 'sme', 'sme2'],
]);

/** Instruction sets of this machine's processor, sorted; null where the system does not list them (only Linux does). */
export async function instructionSets(file = '/proc/cpuinfo'): Promise<string[] | null> {
  const text = await readFile(file, 'utf8').catch(ifAbsent(null));
  // The key is `flags` on x86 and `Features` on ARM. The first processor stands for all.
  const listed = text && /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1];
  if (!listed) return null;
  return listed
    .split(/\s+/)
    .filter((name) => RELEVANT.has(name))
    .sort();
}
