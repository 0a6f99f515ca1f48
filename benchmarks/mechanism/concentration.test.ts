import { expect, it } from 'vitest';
import { referenceLacln } from '../../packages/losses/src/reference/lacln.ts';
import { shareOfHardest } from './concentration.ts';

it('without temperature and hardness every negative has the same share', () => {
  const cosines = Array.from({ length: 20 }, (_, k) => Math.sin(k));
  expect(shareOfHardest(cosines, 1e9, 0)).toBeCloseTo(0.1, 9);
  expect(shareOfHardest([0.3], 0.5, 1)).toBe(1);
});

it('is the share of softmax(s) with β = 0, by hand', () => {
  // Ten negatives, one of them at s = log 11 and nine at s = 0: 11 / (11 + 9).
  expect(shareOfHardest([Math.log(11) / 10, ...Array(9).fill(0)], 0.1, 0)).toBeCloseTo(0.55, 12);
});

it.each([
  [0, 0.17],
  [1, 0.5],
  [2, 0.3],
])('is that of the loss’s derivatives at β = %d, τ = %d', (hardness, temperature) => {
  // An anchor e₁, one positive, and twenty negatives on the circle. Only the anchor has a positive besides the positive itself, and a
  // negative's derivative is read from finite differences of its angle.
  const angles = Array.from({ length: 20 }, (_, k) => 0.2 + 0.14 * k);
  const labels = [0, 0, ...angles.map((_, k) => k + 1)];
  const options = { temperature, hardness, form: 'in' as const, detachWeights: false };
  const anchorLoss = (moved: readonly number[]) => {
    const rows = [[1, 0], [Math.cos(0.1), -Math.sin(0.1)], ...moved.map((a) => [Math.cos(a), Math.sin(a)])];
    return referenceLacln(rows, labels, options).anchors[0]!;
  };
  const STEP = 1e-5;
  // dℓ / d cosine = dℓ / d angle / −sin(angle), which is τ⁻¹ times the derivative with respect to s.
  const sizes = angles.map((angle, k) => {
    const at = (moved: number) => anchorLoss(angles.with(k, angle + moved));
    return Math.abs((at(STEP) - at(-STEP)) / (2 * STEP) / Math.sin(angle));
  });
  const total = sizes.reduce((sum, size) => sum + size, 0);
  expect(shareOfHardest(angles.map(Math.cos), temperature, hardness)).toBeCloseTo(
    (sizes[0]! + sizes[1]!) / total,
    6,
  );
});
