import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordOfError, revivable, reviveError } from './error-record.ts';
import { UserError } from './user-error.ts';

class DiskError extends UserError {
  static {
    revivable(DiskError);
  }
  override readonly name = 'DiskError';
  readonly file: string;
  readonly places: readonly string[];
  constructor(file: string, places: readonly string[], cause?: unknown) {
    super(`cannot write ${file}`, { cause });
    this.file = file;
    this.places = places;
  }
}

/** Declared nowhere, as in a process that has not loaded its module. */
class UnknownError extends DiskError {
  readonly hint = 'free some space';
}

const throughJson = (error: unknown) => reviveError(JSON.parse(JSON.stringify(recordOfError(error))));
const throughClone = (error: unknown) => reviveError(structuredClone(recordOfError(error)));

describe.each([
  ['JSON', throughJson],
  ['structuredClone', throughClone],
])('an error that went through %s', (_, carried) => {
  it('has its class, message, stack, fields and cause', () => {
    const system = Object.assign(new Error('no space left on device'), { code: 'ENOSPC', errno: -28 });
    const error = new DiskError('/ledger/x', ['a', 'b'], system);
    const revived = carried(error);
    expect(revived).toBeInstanceOf(DiskError);
    expect(revived).toBeInstanceOf(UserError);
    expect(revived).toMatchObject({
      name: 'DiskError',
      message: error.message,
      stack: error.stack,
      file: '/ledger/x',
      places: ['a', 'b'],
    });
    expect(revived.cause).toMatchObject({ code: 'ENOSPC', errno: -28 });
    expect(recordOfError(revived)).toEqual(recordOfError(error));
  });

  it('is of its nearest known class, and keeps its name and fields', () => {
    const revived = carried(new UnknownError('x', []));
    expect(revived).toBeInstanceOf(DiskError);
    expect(revived).not.toBeInstanceOf(UnknownError);
    expect(revived).toMatchObject({ name: 'DiskError', hint: 'free some space' });
  });

  it('is built in where it was, and an Error where no error was thrown', () => {
    expect(carried(new RangeError('no such class'))).toBeInstanceOf(RangeError);
    expect(carried('a text')).toMatchObject({ name: 'Error', message: 'a text' });
  });

  it('is the same for any message and fields', () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.constant(null));
    const field = fc
      .stringMatching(/^[a-z]{1,8}$/)
      .filter((name) => !['name', 'stack', 'cause'].includes(name));
    const fields = fc.dictionary(
      field.filter((name) => name !== 'message'),
      value,
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fields, (message, own) => {
        const error = Object.assign(new DiskError(message, []), own);
        expect(recordOfError(carried(error))).toEqual(recordOfError(error));
      }),
      { seed: 25 },
    );
  });
});

it('a record of an earlier version has a name, a message and a stack alone', () => {
  const error = reviveError({ name: 'DiskError', message: 'full', stack: 'at x' });
  expect(error).toBeInstanceOf(DiskError);
  expect(error).toMatchObject({ message: 'full', stack: 'at x' });
});

it('a long chain of causes ends, and so does a circle', () => {
  const error = new Error('first');
  error.cause = new Error('second', { cause: error });
  expect(JSON.stringify(recordOfError(error)).length).toBeGreaterThan(0);
});

it('every class of UserError is revivable', () => {
  const packages = fileURLToPath(new URL('../..', import.meta.url));
  const classes = readdirSync(packages).flatMap((name) => {
    const folder = join(packages, name, 'src');
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .flatMap((text) =>
        [...text.matchAll(/class (\w+) extends \w+Error\b/g)].map(
          ([, found]) => `${found}: ${text.includes(`revivable(${found});`)}`,
        ),
      );
  });
  expect(classes.length).toBeGreaterThan(10);
  expect(classes.filter((found) => found.endsWith('false'))).toEqual([]);
});
