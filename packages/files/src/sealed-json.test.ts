import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, seal, sealLine, unseal } from './sealed-json.ts';

const object = fc.dictionary(
  fc.string().filter((name) => !['digest', 'key', '__proto__'].includes(name)),
  fc.jsonValue(),
);

describe.each([
  ['seal', seal],
  ['sealLine', sealLine],
])('%s', (_, write) => {
  it('gives back what was sealed', () => {
    fc.assert(
      fc.property(fc.string(), object, (key, content) => {
        expect(unseal(write(key, content), key)).toEqual(JSON.parse(JSON.stringify(content)));
      }),
      { seed: 1 },
    );
  });

  it('finds every changed, missing or added byte', () => {
    const text = write('a cell', { result: [1, 2.5], label: 'é' });
    const whole = Buffer.from(text);
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 1 << (at % 8);
      expect(() => unseal(changed.toString(), 'a cell'), `byte ${at}`).toThrow(/^it /);
      expect(() => unseal(whole.toString('utf8', 0, at), 'a cell'), `${at} bytes`).toThrow(/^it /);
    }
    expect(() => unseal(`${text} `, 'a cell')).toThrow('it has changed since it was written');
  });

  it('belongs to one key', () => {
    expect(() => unseal(write('a', { n: 1 }), 'b')).toThrow('it belongs to "a"');
    expect(() => write('a', { key: 'b' })).toThrow('an entry "key"');
  });
});

it('seal gives equal bytes for any order of entries, and refuses what JSON cannot hold', () => {
  expect(seal('a', { x: { b: 1, a: 2 }, c: 3 })).toBe(seal('a', { c: 3, x: { a: 2, b: 1 } }));
  expect(() => seal('a', { n: Number.NaN })).toThrow('$.n is NaN');
});

it('the digest is that of the lines below it', () => {
  const text = seal('a', { n: 1 });
  expect(text.split('\n')).toEqual(['{', expect.any(String), '  "key": "a",', '  "n": 1', '}', '']);
  const below = text.split('\n').slice(2).join('\n');
  expect(text).toContain(`"digest": "${createHash('sha256').update(below).digest('hex')}"`);
});

it('parseJson names the file in one line', () => {
  expect(parseJson('{"a":1}', 'f')).toEqual({ a: 1 });
  expect(() => parseJson(' \n', 'plan.json')).toThrow(/^plan\.json is no JSON: it is empty$/);
  expect(() => parseJson('{"a', 'plan.json')).toThrow(/^plan\.json is no JSON: [^\n]+$/);
});
