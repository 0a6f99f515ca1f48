import { expect, it } from 'vitest';
import { horizonText } from './horizon.ts';

const row = (method: string, half: number, full: number, tested = 72) => ({ method, half, full, tested });

it('says whose accuracy was still rising', () => {
  expect(horizonText([row('CE', 90, 90.5), row('CLCE', 81, 95)], 1)).toBe(
    'With half of the steps and with all of them, on 72 validation answers: CE 90.0 and 90.5 %, CLCE 81.0 and 95.0 %. CLCE was still rising, so longer training may change the answer.',
  );
  expect(horizonText([row('CE', 70, 90), row('CLCE', 70, 90)], 1)).toContain('CE and CLCE were still rising');
});

it('takes neither noise nor a gain within the margin for a rise', () => {
  const hardly = /More steps would hardly raise accuracy\.$/;
  expect(horizonText([row('CE', 90, 91), row('CLCE', 96, 95)], 1)).toMatch(hardly);
  // On 72 answers four points are noise, and on 7,200 they are none.
  expect(horizonText([row('CLCE', 91, 95)], 1)).toMatch(hardly);
  expect(horizonText([row('CLCE', 91, 95, 7200)], 1)).toContain('CLCE was still rising');
  expect(horizonText([row('CLCE', 91, 95, 7200)], 5)).toMatch(hardly);
});
