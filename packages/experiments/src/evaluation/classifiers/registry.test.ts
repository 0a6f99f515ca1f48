import { describe, expect, it } from 'vitest';
import { fewShotClassifierNames, getFewShotClassifier } from './registry.ts';

describe('getFewShotClassifier', () => {
  it('finds every classifier by its own name', () => {
    for (const name of fewShotClassifierNames) expect(getFewShotClassifier(name).name).toBe(name);
  });

  it('suggests the closest name', () => {
    expect(() => getFewShotClassifier('logistic-regresion')).toThrow(
      'unknown few-shot classifier "logistic-regresion". Did you mean "logistic-regression"? ' +
        'Available: cosine, logistic-regression, nearest-centroid',
    );
  });

  it('suggests nothing where nothing is close', () => {
    expect(() => getFewShotClassifier('svm')).toThrow(
      'unknown few-shot classifier "svm". Available: cosine, logistic-regression, nearest-centroid',
    );
  });
});
