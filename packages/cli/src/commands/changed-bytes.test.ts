import { it } from 'vitest';
import { BYTES_SEED, expectChangesFound } from '../testing/changed-bytes.ts';

it(`300 changed bytes of a ledger are told or change nothing (seed ${BYTES_SEED})`, () =>
  expectChangesFound(300));
