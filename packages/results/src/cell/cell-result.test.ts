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

describe('a training that diverged', () => {
  const spec = { protocol: { kind: 'transfer', classifiers: ['k-nn'] } };
  const lost = { scores: [], training: null, quality: null, diverged: { step: 3, what: 'the loss is NaN' } };

  it('has no scores, whatever the protocol asks for', () => {
    expect(parseCellResult(lost, spec)).toEqual(lost);
    const { diverged: _, ...without } = lost;
    expect(() => parseCellResult(without, spec)).toThrow('k-nn, which the protocol asks for, is missing');
  });

  it.each([
    [
      { scores: [transfer] },
      'result.diverged: expected neither scores nor a record of the training beside it',
    ],
    [{ diverged: { step: 0.5, what: 'x' } }, 'result.diverged.step: Invalid input'],
    [{ diverged: { step: 3, what: '' } }, 'result.diverged.what: Too small'],
    [{ diverged: { step: 3 } }, 'result.diverged.what: Invalid input'],
  ])('%j: refused', (change, message) => {
    expect(() => parseCellResult({ ...lost, ...change }, spec)).toThrow(message);
  });
});

describe('the scores of a result', () => {
  const protocol = {
    ...{ kind: 'few-shot', classes: 'novel', way: 2, query: 15, shots: [1, 5], episodes: 2, seed: 0 },
    classifiers: ['nearest-centroid', 'cosine'],
  };
  const measured = protocol.shots.flatMap((shot) =>
    protocol.classifiers.map((classifier) => ({ ...fewShot, shot, classifier })),
  );
  const parse = (scores: object[], asked: object = protocol) =>
    parseCellResult({ scores, training: null, quality: null }, { protocol: asked }).scores;

  it('are those that the protocol asks for', () => {
    expect(parse(measured)).toEqual(measured);
    const transferred = { kind: 'transfer', classifiers: ['head', 'k-nn'] };
    expect(parse([transfer], transferred)).toEqual([transfer]);
    expect(parse([{ ...transfer, classifier: 'head' }, transfer], transferred)).toHaveLength(2);
  });

  it.each([
    ['a missing classifier', measured.slice(0, 3), '5-shot cosine, which the protocol asks for, is missing'],
    ['no score', [], '1-shot nearest-centroid, which the protocol asks for, is missing'],
    ['another shot', [...measured, { ...fewShot, shot: 10 }], 'asks for no 10-shot nearest-centroid'],
    ['another classifier', [...measured, { ...fewShot, classifier: 'x' }], 'asks for no 1-shot x'],
    ['another kind of score', [...measured, transfer], 'the protocol asks for no k-nn'],
    [
      'episodes that are missing',
      measured.with(1, { ...measured[1]!, drawn: [0, 1], correct: [15, 0] }),
      '1-shot cosine has 1 episodes of 2 × 15 queries; the protocol asks for 2 of 2 × 15',
    ],
    [
      'too many queries',
      measured.with(1, { ...measured[1]!, query: 20 }),
      '1-shot cosine has 2 episodes of 2 × 20 queries; the protocol asks for 2 of 2 × 15',
    ],
  ])('with %s are refused', (_, scores, message) => {
    expect(() => parse(scores)).toThrow(message);
  });

  it('have the predictions that the protocol asks for, a class for each tested sample', () => {
    const asked = { kind: 'transfer', classifiers: ['k-nn'], predictions: true };
    const samples = transfer.tested.reduce((sum, count) => sum + count);
    const predicted = Array<number>(samples).fill(0);
    expect(parse([{ ...transfer, predicted }], asked)).toEqual([{ ...transfer, predicted }]);
    expect(() => parse([transfer], asked)).toThrow('k-nn has no predictions, which the protocol asks for');
    for (const wrong of [predicted.slice(1), predicted.with(0, transfer.classes.length)]) {
      expect(() => parse([{ ...transfer, predicted: wrong }], asked)).toThrow(
        `result.scores.0.predicted: expected a place in ${transfer.classes.length} classes for each of ${samples} samples`,
      );
    }
  });

  it('of transfer with another classifier, or without one, are refused', () => {
    const asked = { kind: 'transfer', classifiers: ['k-nn'] };
    expect(() => parse([transfer, { ...transfer, classifier: 'head' }], asked)).toThrow('asks for no head');
    expect(() => parse([], asked)).toThrow('k-nn, which the protocol asks for, is missing');
  });
});

describe('the quality of a result', () => {
  const bins = Array(40).fill(0) as number[];
  const quality = {
    ...{ samples: 2, isotropy: 0.5, alignment: 1, uniformity: -2, recallAt1: 1, mapAtR: 1, silhouette: 0.3 },
    similarities: { within: bins, between: bins },
    map: { classes: [], points: [] },
  };
  const parse = (changed: object) =>
    parseCellResult({ scores: [], training: null, quality: { ...quality, ...changed } }).quality;

  it.each([
    { isotropy: 1.1 },
    { isotropy: -0.1 },
    { alignment: 4.1 },
    { alignment: -0.1 },
    { uniformity: 0.1 },
    { uniformity: -8.1 },
    { silhouette: 1.1 },
    { silhouette: -1.1 },
    { recallAt1: 1.1 },
    { mapAtR: -0.1 },
  ])('refuses %j', (changed) => {
    expect(parse({})).toEqual(quality);
    expect(() => parse(changed)).toThrow(`result.quality.${Object.keys(changed)[0]}: Too `);
  });
});
