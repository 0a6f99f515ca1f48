/** What JavaScript computes differently in one version of Node and in another has no place in a result. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Whole powers of two and squares are exact or correctly rounded in every version. */
const POWER = /(?<base>[\w.)\]]+) \*\*=? (?<exponent>[\w.(-]+)/g;

it('no power but squares and powers of two, and no Math.pow', () => {
  const files = execFileSync('git', ['ls-files', 'packages/*/src/*.ts'], { encoding: 'utf8' });
  const product = files.split('\n').filter((file) => file !== '' && !/\.test\.ts$|\/reference\//.test(file));
  expect(product.length).toBeGreaterThan(100);
  const found = product.flatMap((file) => {
    const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    const powers = [...code.matchAll(POWER)].filter(
      ({ groups }) => groups!['base'] !== '2' && groups!['exponent']!.replace(/[),;]*$/, '') !== '2',
    );
    return [...powers.map(([text]) => `${file}: ${text}`), ...(code.includes('Math.pow') ? [file] : [])];
  });
  expect(found).toEqual([]);
});
