import { it } from 'vitest';
import { BYTES_SEED, expectChangesFound } from '../testing/changed-bytes.ts';

/** `pnpm test:changed-bytes` makes ten thousand changes. */
const CHANGES = Number(process.env['CLCE_CHANGES'] ?? 1000);

it(`${CHANGES} changed bytes of a ledger are told or change nothing (seed ${BYTES_SEED})`, () =>
  expectChangesFound(CHANGES));
