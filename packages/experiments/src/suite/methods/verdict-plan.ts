import { unknownName } from '@clce/registry';
import { scoresOf, type VerdictPlan } from '@clce/results';
import type { Preset } from '../preset.ts';
import { SuiteError } from '../suite-error.ts';
import { titleIn } from './title.ts';

const MARGIN = 1;

/** What the preset's table judges; undefined without folds. */
export function verdictPlanOf(preset: Preset): VerdictPlan | undefined {
  const { split, verdicts, datasets, backbones, batchSizes, losses } = preset;
  if (split?.folds === undefined) return undefined;
  const [reference, ...others] = losses.map((method) => titleIn(preset, method));
  const {
    margin = MARGIN,
    comparisons = others.map((method) => [method, reference!] as const),
    scores = scoresOf(preset.protocol),
    family,
  } = verdicts ?? {};
  const settings = datasets.length * backbones.length * batchSizes.length;
  const planned = family ?? settings * comparisons.length * scores.length;
  return { margin, comparisons, scores, planned };
}

/** @throws SuiteError naming a method or a score that the preset does not have, or an entry that nothing reads */
export function checkVerdicts(preset: Preset): void {
  const { verdicts, split, losses } = preset;
  if (verdicts === undefined) return;
  if (split?.folds === undefined) {
    throw new SuiteError('verdicts: only folds are judged; set split.folds or leave this entry out', [
      'verdicts',
    ]);
  }
  const titles = losses.map((method) => titleIn(preset, method));
  for (const [at, pair] of (verdicts.comparisons ?? []).entries()) {
    const path = ['verdicts', 'comparisons', at];
    const unknown = pair.find((title) => !titles.includes(title));
    if (unknown !== undefined)
      throw new SuiteError(
        `verdicts.comparisons: ${unknownName('method of this run', unknown, titles)}`,
        path,
      );
    if (pair[0] === pair[1])
      throw new SuiteError(`verdicts.comparisons: "${pair[0]}" is compared with itself`, path);
  }
  const { planned: own } = verdictPlanOf({ ...preset, verdicts: { ...verdicts, family: undefined } })!;
  if (verdicts.family !== undefined && verdicts.family < own) {
    throw new SuiteError(`verdicts.family: this table alone has ${own} comparisons, got ${verdicts.family}`, [
      'verdicts',
      'family',
    ]);
  }
  const asked = scoresOf(preset.protocol);
  const unknown = verdicts.scores?.find((score) => !asked.includes(score));
  if (unknown !== undefined) {
    throw new SuiteError(`verdicts.scores: ${unknownName('score of this protocol', unknown, asked)}`, [
      'verdicts',
      'scores',
    ]);
  }
}
