import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { printData } from './data.ts';

it('gives programs the bytes of the format, and shows control characters on a terminal', () => {
  const hostile = 'a,\u001b[2J\n\u202e\u009b,1';
  const printed = (isTTY: boolean) => {
    const out = Object.assign(new PassThrough(), { isTTY });
    printData(hostile, out);
    return String(out.read());
  };
  expect(printed(false)).toBe(`${hostile}\n`);
  expect(printed(true)).toBe('a,\\u001b[2J\n\\u202e\\u009b,1\n');
});
