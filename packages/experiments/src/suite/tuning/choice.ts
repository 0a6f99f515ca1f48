/** From finished trials to the methods of the confirmation. */
import type { FinishedCell, FinishedTrial, TrialRow } from '@clce/results';
import type { Setting } from '../cell.ts';
import { titleIn } from '../methods/title.ts';
import type { Method } from '../preset.ts';
import { chosenMethod, type EdgeEntry, type TunedPreset, trialsOf } from './trials.ts';

/**
 * The cells of a preset's trials with what each tried.
 *
 * @throws TypeError on a cell that trains no trial
 */
export function finishedTrials(preset: TunedPreset, cells: readonly FinishedCell[]): FinishedTrial[] {
  const trials = new Map(trialsOf(preset).map((trial) => [titleIn(preset, trial.method), trial]));
  return cells.map((cell) => {
    const trial = cell.facts.kind === 'training' ? trials.get(cell.facts.loss) : undefined;
    if (trial === undefined) throw new TypeError(`cell ${cell.key} trains no trial`);
    const { of: method, number, values, atEdge } = trial;
    return { ...cell, method, trial: number, values, edge: edgeText(atEdge, preset.tuning.edge) };
  });
}

/** Such as `recipe.learningRate: upper 10 %`. */
function edgeText(atEdge: readonly EdgeEntry[], edge: number): string {
  const share = `${Number((100 * edge).toPrecision(3))} %`;
  return atEdge.map(({ entry, end }) => `${entry}: ${end} ${share}`).join('; ');
}

/** The methods of a setting with the values of their chosen trials, in the order of the preset. */
export function chosenMethods(preset: TunedPreset, rows: readonly TrialRow[], setting: Setting): Method[] {
  const trials = trialsOf(preset);
  const { dataset, backbone, batchSize } = setting;
  return preset.losses.map((method) => {
    const title = titleIn(preset, method);
    const row = rows.find(
      (one) =>
        one.chosen &&
        one.method === title &&
        one.dataset === dataset &&
        one.backbone === backbone &&
        one.batch_size === batchSize,
    );
    const trial = trials.find(({ of, number }) => of === title && number === row?.trial);
    if (trial === undefined) {
      throw new TypeError(`${title} has no chosen trial on ${dataset}, ${backbone}, batch ${batchSize}`);
    }
    return chosenMethod(trial);
  });
}
