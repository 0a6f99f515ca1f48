import { eagerEngine, onnxEngine } from '@clce/engine';
import { describe, it } from 'vitest';
import { expectFixture, type FixtureCase } from './model-fixture.ts';

const transformers: readonly FixtureCase[] = ['vit_token', 'vit_avg', 'beit3'].map((name) => ({
  name,
  mode: 'evaluation',
}));
const resNets: readonly FixtureCase[] = ['resnet_basic', 'resnet_bottleneck'].flatMap((name) =>
  (['evaluation', 'training'] as const).map((mode) => ({ name, mode })),
);

describe('equals the float64 oracle', () => {
  it.each([...transformers, ...resNets])('$name in $mode on the native engine', (one) =>
    expectFixture(onnxEngine(), one, { tolerance: 1e-4, gradientTolerance: 1e-3 }),
  );

  it.each(transformers)('$name in $mode on the cpu back end', (one) =>
    expectFixture(eagerEngine(), one, { tolerance: 3e-6, gradientTolerance: 1e-4 }),
  );
});
