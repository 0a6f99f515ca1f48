import { it } from 'vitest';
import { BYTES_SEED, expectChangesFound } from '../testing/changed-bytes.ts';

it(`10,000 changed bytes of a ledger are told or change nothing (seed ${BYTES_SEED})`, () =>
  expectChangesFound(10_000));
