import type { Dataset } from '@clce/datasets';
import { type CellSpec, evaluatedOn } from '../suite/cell.ts';
import { withSides } from '../suite/check-dataset.ts';
import { rowsOf, withValidation } from './transfer.ts';

/** Rows of the samples of trained classes that a cell tests, in the order of the predictions in its result. */
export function testedRows(dataset: Dataset, { dataset: { split }, protocol }: CellSpec): Int32Array {
  const sides = withSides(dataset, split);
  const isValidation = evaluatedOn(protocol) === 'validation';
  return rowsOf(
    protocol.kind === 'transfer' ? withValidation(sides, protocol) : sides,
    isValidation ? 'validation' : 'test',
  );
}
