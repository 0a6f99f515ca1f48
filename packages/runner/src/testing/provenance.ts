/** For tests: a provenance with every entry that a stored one needs. */
import type { Provenance } from '../provenance.ts';

export const provenance: Provenance = {
  commit: 'abc',
  dirty: false,
  node: 'v20',
  platform: 'linux-x64',
  cpu: 'a cpu',
  instructionSets: ['avx2', 'fma'],
  cores: 2,
  packages: { losses: '0.1.0' },
  startedAt: '2024-02-22T00:00:00.000Z',
  endedAt: '2024-02-22T00:00:01.000Z',
  durationMs: 1000,
};
