import { registry } from '@clce/registry';
import type { FewShotClassifier } from './classifier.ts';
import { cosine } from './cosine.ts';
import { logisticRegression } from './logistic-regression.ts';
import { nearestCentroid } from './nearest-centroid.ts';

/** Every few-shot classifier. A new classifier needs its own file and a line here. */
const registered = registry<FewShotClassifier>('few-shot classifier', [
  cosine,
  logisticRegression,
  nearestCentroid,
]);

export const fewShotClassifierNames = registered.names;

/** The few-shot classifier of the given name. @throws UserError naming the closest choice and all choices */
export const getFewShotClassifier = registered.get;
