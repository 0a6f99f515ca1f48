import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { instructionSets } from './instruction-sets.ts';

const X86 = `processor\t: 0
model name\t: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz
flags\t\t: fpu vme sse4_2 avx512f fma avx f16c avx2 hypervisor amx_tile
vmx flags\t: vnmi avx512bw

processor\t: 1
flags\t\t: fpu
`;
const ARM = 'processor\t: 0\nBogoMIPS\t: 2000.00\nFeatures\t: fp asimd evtstrm aes sve bf16\n';

it.each([
  ['x86', X86, ['amx_tile', 'avx', 'avx2', 'avx512f', 'f16c', 'fma']],
  ['ARM', ARM, ['asimd', 'bf16', 'sve']],
  ['a system that lists none', 'processor\t: 0\n', null],
])('of %s', async (_, text, expected) => {
  const file = join(temporaryDirectory(), 'cpuinfo');
  writeFileSync(file, text);
  expect(await instructionSets(file)).toEqual(expected);
});

it('is null on a system without /proc/cpuinfo', async () => {
  expect(await instructionSets(join(temporaryDirectory(), 'cpuinfo'))).toBeNull();
});
