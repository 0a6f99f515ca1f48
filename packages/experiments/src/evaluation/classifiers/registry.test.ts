import { describe, expect, it } from 'vitest';
import { fewShotClassifierNamed, fewShotClassifierNames } from './registry.ts';

describe('fewShotClassifierNamed', () => {
  it('finds every classifier by its own name', () => {
    for (const name of fewShotClassifierNames) expect(fewShotClassifierNamed(name).name).toBe(name);
  });

  it('suggests the closest name', () => {
    expect(() => fewShotClassifierNamed('logistic-regresion')).toThrow(
      'unknown few-shot classifier "logistic-regresion". Did you mean "logistic-regression"? ' +
        'Available: cosine, logistic-regression, nearest-centroid',
    );
  });

  it('suggests nothing where nothing is close', () => {
    expect(() => fewShotClassifierNamed('svm')).toThrow(
      'unknown few-shot classifier "svm". Available: cosine, logistic-regression, nearest-centroid',
    );
  });
});
