import type { FewShotScore } from '../cell/scores.ts';

/** A score with this number of correct queries in each episode, out of `queries`: an even number, for two classes. */
export function episodeScore(
  shot: number,
  classifier: string,
  queries: number,
  correct: readonly number[],
): FewShotScore {
  const query = queries / 2;
  return {
    ...{ kind: 'few-shot', shot, classifier, way: 2, query, classes: ['moon', 'star'] },
    drawn: correct.flatMap(() => [0, 1]),
    correct: correct.flatMap((count) => [Math.min(count, query), Math.max(count - query, 0)]),
  };
}
