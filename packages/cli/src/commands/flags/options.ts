/** Shared flags, and parsers of flag values. */
import { InvalidArgumentError, Option } from 'commander';
import { inRepository } from '../../places.ts';

export function ledgerOption(): Option {
  return new Option('--ledger <folder>', 'the folder of finished cells').default(inRepository('runs'));
}

/** Types call the folder `dataRoot` everywhere; the flag is shorter. */
class DataOption extends Option {
  override attributeName(): string {
    return 'dataRoot';
  }
}

export function dataOption(): Option {
  return new DataOption('--data <folder>', 'the folder of data sets').default(inRepository('datasets'));
}

export function datasetFileOption(): Option {
  return new Option(
    '--dataset-file <file>',
    'a data set of your own, which --datasets then knows; repeatable',
  ).argParser(repeated);
}

export function lossFileOption(): Option {
  return new Option(
    '--loss-file <file>',
    'a loss of your own, known by its name from then on; repeatable',
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

/** A positive number of minutes, which need not be whole. */
export function minutes(value: string): number {
  const number = Number(value);
  if (!(number > 0 && number < Number.POSITIVE_INFINITY)) {
    throw new InvalidArgumentError(`"${value}" is not a number of minutes above 0.`);
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
