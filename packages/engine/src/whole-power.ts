/**
 * base ^ exponent, for a whole exponent from 0, by squaring. The result of `**` depends on the version of Node:
 * V8 computes it in one way in Node 20 and in another in Node 24.
 */
export function wholePower(base: number, exponent: number): number {
  let power = 1;
  let square = base;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power *= square;
    square *= square;
  }
  return power;
}
