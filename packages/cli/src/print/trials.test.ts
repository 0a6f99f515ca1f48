import type { TrialRow } from '@clce/results';
import { describe, expect, it } from 'vitest';
import { choiceLines, trialTableText } from './trials.ts';

const row = (trial: number, changes: Partial<TrialRow> = {}): TrialRow => ({
  ...{ dataset: 'icons', backbone: 'conv4', batch_size: 16, method: 'CE', trial, mean: 70 + trial },
  ...{ values: { 'recipe.learningRate': trial / 100 }, scores: {}, chosen: false, edge: '', diverged: '' },
  ...{ cell: `${trial}` },
  ...changes,
});
const upper = { edge: 'recipe.learningRate: upper 10 %' };

describe('the line of a choice', () => {
  it('at an edge has the number of trials that lie at one, since chance leads there, too', () => {
    const trials = [row(1, upper), row(2), row(3, upper), row(4, { ...upper, chosen: true })];
    expect(choiceLines(trials, 500)).toBe(
      'icons · conv4 · CE · batch 16: trial 4 of 4 (recipe.learningRate = 0.04), 74.00 % on validation data; at the edge of its range (recipe.learningRate: upper 10 %), as 3 of these 4 trials are at some edge',
    );
  });

  it('elsewhere says nothing of edges, whatever trials of other methods and settings do', () => {
    const others = [row(1, { ...upper, method: 'CLCE' }), row(1, { ...upper, dataset: 'typefaces' })];
    expect(choiceLines([row(1), row(2, { chosen: true }), ...others], 500)).toMatch(
      /: trial 2 of 2 \(.*\), 72\.00 % on validation data$/,
    );
  });

  it('says how many trials diverged', () => {
    const lost = row(1, { mean: null, diverged: 'step 3: the loss is NaN' });
    expect(choiceLines([lost, row(2, { chosen: true })], 500)).toContain(
      'trial 2 of 2, 1 of which diverged (',
    );
  });
});

describe('the table of trials', () => {
  it('says which values are the preset’s, and which entries a method does not have', () => {
    const kept = row(1, { values: { 'recipe.samplesPerClass': null } });
    const other = row(1, { method: 'SupCon', values: { 'loss.temperature': 0.1 } });
    const lines = trialTableText([kept, other], 200).split('\n');
    expect(lines.find((line) => line.startsWith('CE '))).toMatch(/^CE +1 +kept +–/);
    expect(lines.find((line) => line.startsWith('SupCon '))).toMatch(/^SupCon +1 +– +0\.1 /);
  });
});
