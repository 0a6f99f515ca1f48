/** Decodes the numbers and texts of a pickle's opcodes (CPython, Lib/pickletools.py). */
import type { Corrupt } from './value.ts';

/** LONG1 and LONG4: little-endian two's complement. */
export function signed(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return smallest(BigInt.asIntN(8 * bytes.length, value));
}

export function smallest(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A Python 2 string literal of protocol 0. */
export function unquoted(text: string, corrupt: Corrupt): string {
  const quoted = /^(['"])(.*)\1$/s.exec(text.trim());
  if (quoted === null) throw corrupt('a string has no quotes');
  const simple: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  return quoted[2]!.replace(/\\(x[0-9a-f]{2}|.)/gis, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (simple[code] ?? code),
  );
}

/** Python's raw-unicode-escape: `\u` has four digits and `\U` eight. */
export function rawUnicode(text: string, corrupt: Corrupt): string {
  return text.replace(
    /\\(?:u([\da-fA-F]{4})|U([\da-fA-F]{8}))/g,
    (spelled, short?: string, long?: string) => {
      const code = Number.parseInt((short ?? long)!, 16);
      if (code > 0x10ffff) throw corrupt(`${spelled} is no character of Unicode`);
      return String.fromCodePoint(code);
    },
  );
}

/** The `repr` of a Python float. */
export function decimal(text: string, corrupt: Corrupt): number {
  if (/^-?\d+(\.\d+)?(e[+-]\d+)?$/.test(text)) return Number(text);
  if (text === 'nan') return Number.NaN;
  if (/^-?inf$/.test(text)) return text === 'inf' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  throw corrupt(`${JSON.stringify(text)} is no number`);
}
