/** The columns that say which loss a row is about: its name, and each of its parameters as `loss.<parameter>`. */
import type { CellFacts, ParameterValue, WithFacts } from '../cell/cell-facts.ts';

/** Such as `loss.lambda`. */
export type ParameterColumn = `loss.${string}`;

/** Truth values are text in tables. */
export interface ParameterColumns {
  readonly [parameter: ParameterColumn]: string | number;
}

export interface LossColumns extends ParameterColumns {
  /** The name by which presets know the loss; null where nothing is trained. */
  readonly loss_name: string | null;
}

export function lossColumnsOf(facts: CellFacts): LossColumns {
  if (facts.kind !== 'training') return { loss_name: null };
  return { loss_name: facts.lossName, ...parameterColumnsOf(facts.parameters) };
}

function parameterColumnsOf(parameters: Readonly<Record<string, ParameterValue>>): ParameterColumns {
  const columns: Record<ParameterColumn, string | number> = {};
  for (const [name, value] of Object.entries(parameters)) {
    columns[`loss.${name}`] = typeof value === 'boolean' ? String(value) : value;
  }
  return columns;
}

export function isParameterColumn(column: string): column is ParameterColumn {
  return column.startsWith('loss.');
}

/** The parameters of all losses of a table, in alphabetical order, which does not depend on the order of the losses. */
export function parameterColumns(cells: Iterable<WithFacts>): ParameterColumn[] {
  return parametersIn(cells, ({ facts }) => lossColumnsOf(facts));
}

/** The columns of a table, with the parameters of its losses after `loss_name`. */
export function withParameters<Column extends string>(
  columns: readonly Column[],
  rows: readonly ParameterColumns[],
): (Column | ParameterColumn)[] {
  return insertParameters(
    columns,
    parametersIn(rows, (row) => row),
  );
}

export function insertParameters<Column extends string>(
  columns: readonly Column[],
  parameters: readonly ParameterColumn[],
): (Column | ParameterColumn)[] {
  return columns.flatMap((column) => (column === 'loss_name' ? [column, ...parameters] : [column]));
}

function parametersIn<Of>(all: Iterable<Of>, columnsOf: (one: Of) => object): ParameterColumn[] {
  const found = new Set<ParameterColumn>();
  for (const one of all) {
    for (const column of Object.keys(columnsOf(one))) if (isParameterColumn(column)) found.add(column);
  }
  return [...found].sort();
}
