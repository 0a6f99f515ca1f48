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

describe('the scores of a result', () => {
  const protocol = {
    ...{ kind: 'few-shot', classes: 'novel', way: 5, query: 15, shots: [1, 5], episodes: 3, seed: 0 },
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
      measured.with(1, { ...measured[1]!, correct: [75] }),
      '1-shot cosine has 1 episodes of 75 queries; the protocol asks for 3 of 75',
    ],
    [
      'too many queries',
      measured.with(1, { ...measured[1]!, queriesPerEpisode: 100 }),
      '1-shot cosine has 3 episodes of 100 queries; the protocol asks for 3 of 75',
    ],
  ])('with %s are refused', (_, scores, message) => {
    expect(() => parse(scores)).toThrow(message);
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
