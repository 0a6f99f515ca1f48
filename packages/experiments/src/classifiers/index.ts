export type { FewShotClassifier, FewShotClassifierName } from './classifier.ts';
export type { Episode } from './episode.ts';
export { logisticRegression, queryLogits } from './logistic-regression.ts';
export { nearestCentroid } from './nearest-centroid.ts';
export { fewShotClassifierNamed, fewShotClassifierNames } from './registry.ts';
