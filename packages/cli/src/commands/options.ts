/** Values of flags. */
import { InvalidArgumentError, Option } from 'commander';
import { inRepository } from '../places.ts';

export function ledgerOption(): Option {
  return new Option('--ledger <folder>', 'where finished cells are kept').default(inRepository('runs'));
}

export function dataOption(): Option {
  return new Option('--data <folder>', 'where data sets land').default(inRepository('datasets'));
}

export function datasetFileOption(): Option {
  return new Option(
    '--dataset-file <file>',
    'a data set of your own, which --datasets then knows; repeatable',
  ).argParser(repeated);
}

export function repeated(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

export function list(value: string): string[] {
  return value.split(',').map((entry) => entry.trim());
}

export function wholeNumbers(value: string): number[] {
  return list(value).map(wholeNumber);
}

export function positiveNumber(value: string): number {
  const number = wholeNumber(value);
  if (number === 0) throw new InvalidArgumentError('It must be at least 1.');
  return number;
}

/** Parts of one are allowed. */
export function minutes(value: string): number {
  const number = Number(value);
  if (!(number > 0 && number < Number.POSITIVE_INFINITY)) {
    throw new InvalidArgumentError(`"${value}" is no number of minutes above 0.`);
  }
  return number;
}

export function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || value.trim() === '') {
    throw new InvalidArgumentError(`"${value}" is not a whole number.`);
  }
  return number;
}
