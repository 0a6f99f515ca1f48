/**
 * base ^ exponent by squaring, for a whole exponent from 0. The result of `**` depends on the version of Node: V8's
 * algorithm in Node 20 differs from the one in Node 24.
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
