import { unknownName } from '@clce/names';
import type { FewShotClassifier, FewShotClassifierName } from './classifier.ts';
import { cosine } from './cosine.ts';
import { logisticRegression } from './logistic-regression.ts';
import { nearestCentroid } from './nearest-centroid.ts';

/** Every few-shot classifier that a suite can name; a new one is a file of its own and a line here. */
const CLASSIFIERS: readonly FewShotClassifier[] = [cosine, logisticRegression, nearestCentroid];

/**
 * The few-shot classifier of that name.
 * @throws RangeError naming the closest choice, where one is close, and all choices
 */
export function fewShotClassifierNamed(name: string): FewShotClassifier {
  const found = CLASSIFIERS.find((classifier) => classifier.name === name);
  if (found) return found;
  throw new RangeError(unknownName('few-shot classifier', name, fewShotClassifierNames()));
}

/** The names that `fewShotClassifierNamed` knows, in alphabetical order. */
export function fewShotClassifierNames(): FewShotClassifierName[] {
  return CLASSIFIERS.map(({ name }) => name).sort();
}
