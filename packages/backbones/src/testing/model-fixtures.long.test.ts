import { eagerEngine } from '@clce/engine';
import { describe, it } from 'vitest';
import { expectFixture, type FixtureCase } from './model-fixture.ts';

/** Eager convolutions take long, and a ResNet's two kinds of block share all that they call. */
const cases: readonly FixtureCase[] = [
  { name: 'resnet_basic', mode: 'training' },
  { name: 'resnet_bottleneck', mode: 'evaluation' },
];

describe('equals the float64 oracle', () => {
  it.each(cases)('$name in $mode on the cpu back end', (one) =>
    expectFixture(eagerEngine(), one, { tolerance: 3e-6, gradientTolerance: 1e-4 }),
  );
});
