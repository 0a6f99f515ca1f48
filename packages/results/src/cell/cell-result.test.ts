import { describe, expect, it } from 'vitest';
import { parseCellResult } from './cell-result.ts';

const fewShot = {
  kind: 'few-shot',
  shot: 1,
  classifier: 'nearest-centroid',
  queriesPerEpisode: 75,
  correct: [75, 0, 30],
};
const transfer = { kind: 'transfer', classifier: 'k-nn', correct: [1, 0], tested: [4, 0] };
const resultOf = (score: object): object => ({ scores: [score], training: null, quality: null });

describe('parseCellResult', () => {
  it.each([fewShot, transfer])('accepts counts within bounds: $kind', (score) => {
    expect(parseCellResult(resultOf(score))).toEqual(resultOf(score));
  });

  it.each([
    [{ ...fewShot, correct: [9, 9999] }, 'result.scores.0.correct.1: 9999 of 75 queries are correct'],
    [{ ...fewShot, correct: [-1] }, 'result.scores.0.correct.0: Too small'],
    [{ ...fewShot, correct: [0.5] }, 'result.scores.0.correct.0: Invalid input'],
    [{ ...fewShot, correct: [] }, 'result.scores.0.correct: Too small'],
    [{ ...fewShot, shot: 0 }, 'result.scores.0.shot: Too small'],
    [{ ...fewShot, queriesPerEpisode: 0, correct: [0] }, 'result.scores.0.queriesPerEpisode: Too small'],
    [{ ...transfer, correct: [5, 0] }, 'result.scores.0.correct.0: 5 of 4 samples are correct'],
    [{ ...transfer, correct: [1] }, 'expected a count for each of 2 classes, got 1'],
    [{ ...transfer, calibrationError: 1.5 }, 'result.scores.0.calibrationError: Too big'],
    [{ ...transfer, more: 1 }, 'result.scores.0: Unrecognized key'],
  ])('refuses %j in one line', (score, message) => {
    expect(() => parseCellResult(resultOf(score))).toThrow(message);
    expect(() => parseCellResult(resultOf(score))).toThrow(/^[^\n]+$/);
  });
});
