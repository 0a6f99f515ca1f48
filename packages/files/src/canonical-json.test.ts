import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

describe('canonicalJson', () => {
  it('is RFC 8785’s example, § 3.2.2 to § 3.2.3', () => {
    const value = {
      numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '€$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it('sorts keys by UTF-16 code units (RFC 8785, § 3.2.3)', () => {
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    expect(
      canonicalJson(value)
        .match(/\d(?=[,}])/g)
        ?.join(''),
    ).toBe('2467153');
  });

  it.each([
    [{ loss: { tau: Number.NaN } }, '$.loss.tau is NaN'],
    [{ seeds: [0, Number.POSITIVE_INFINITY] }, '$.seeds[1] is Infinity'],
    [{ lambda: undefined }, '$.lambda is undefined'],
    [new Array(2), '$[0] is undefined'],
    [{ run: () => 1 }, '$.run is a function'],
    [{ n: 1n }, '$.n is a bigint'],
    [{ at: new Date(0) }, '$.at is a Date, not a plain object'],
    [{ rows: new Float32Array(2) }, '$.rows is a Float32Array, not a plain object'],
    [undefined, '$ is undefined'],
  ])('refuses %o with its path', (value, message) => {
    expect(() => canonicalJson(value)).toThrow(`${message}`);
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });

  it('refuses an object that contains itself, but accepts one object in two places', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(() => canonicalJson(loop)).toThrow('$.self is an object that contains itself');
    const shared = { a: 1 };
    expect(canonicalJson([shared, shared])).toBe('[{"a":1},{"a":1}]');
  });

  it('parses to the same value for any order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
      { seed: 1 },
    );
  });
});

/** The same value with the keys of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}
