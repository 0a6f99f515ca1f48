import { describe, expect, it } from 'vitest';
import { parseCellResult } from './cell-result.ts';

const fewShot = {
  kind: 'few-shot',
  shot: 1,
  classifier: 'nearest-centroid',
  ...{ way: 2, query: 15, classes: ['bell', 'moon', 'star'] },
  drawn: [0, 1, 2, 0],
  correct: [15, 0, 7, 8],
};
const transfer = {
  kind: 'transfer',
  classifier: 'k-nn',
  classes: ['key', 'sun'],
  correct: [1, 0],
  tested: [4, 0],
};
const resultOf = (score: object): object => ({ scores: [score], training: null, quality: null });

describe('parseCellResult', () => {
  it.each([fewShot, transfer])('accepts counts within bounds: $kind', (score) => {
    expect(parseCellResult(resultOf(score))).toEqual(resultOf(score));
  });

  it.each([
    [{ ...fewShot, correct: [9, 9999, 0, 0] }, 'result.scores.0.correct.1: 9999 of 15 queries are correct'],
    [{ ...fewShot, correct: [-1, 0, 0, 0] }, 'result.scores.0.correct.0: Too small'],
    [{ ...fewShot, correct: [0.5, 0, 0, 0] }, 'result.scores.0.correct.0: Invalid input'],
    [{ ...fewShot, correct: [1] }, 'expected a count for each of 4 drawn classes, got 1'],
    [{ ...fewShot, drawn: [], correct: [] }, 'result.scores.0.drawn: Too small'],
    [{ ...fewShot, drawn: [0, 1, 2], correct: [1, 1, 1] }, 'expected 2 classes an episode, got 3 in all'],
    [{ ...fewShot, drawn: [0, 1, 2, 3] }, 'result.scores.0.drawn.3: 3 is no place in 3 classes'],
    [{ ...fewShot, drawn: [0, 1, 2, 2] }, 'result.scores.0.drawn.3: class 2 stands twice in an episode'],
    [{ ...fewShot, classes: ['moon', 'moon', 'star'] }, 'result.scores.0.classes: expected each class once'],
    [{ ...fewShot, shot: 0 }, 'result.scores.0.shot: Too small'],
    [{ ...fewShot, query: 0, correct: [0, 0, 0, 0] }, 'result.scores.0.query: Too small'],
    [{ ...transfer, correct: [5, 0] }, 'result.scores.0.correct.0: 5 of 4 samples are correct'],
    [{ ...transfer, correct: [1] }, 'expected a count for each of 2 classes, got 1'],
    [{ ...transfer, calibrationError: 1.5 }, 'result.scores.0.calibrationError: Too big'],
    [{ ...transfer, more: 1 }, 'result.scores.0: Unrecognized key'],
  ])('refuses %j in one line', (score, message) => {
    expect(() => parseCellResult(resultOf(score))).toThrow(message);
    expect(() => parseCellResult(resultOf(score))).toThrow(/^[^\n]+$/);
  });
});
