import type { CellFacts } from './cell/cell-facts.ts';
import { type EvaluatedOn, isOnValidation } from './cell/evaluated-on.ts';

interface Titled {
  readonly dataset: string;
  readonly backbone: string;
  readonly loss: string;
  readonly batch_size: number | null;
  readonly shot: number | null;
  readonly classifier: string;
  readonly measure: string;
  readonly protocol: CellFacts['protocol'] | undefined;
  readonly evaluated_on: EvaluatedOn | null;
}

/** The word for the contrastive group in a method's title: `CLCE, group = 16`. */
export const GROUP_IN_TITLES = 'group';

/** The given fields of a row as one line of text, such as `icons · conv4 · batch 64 · 5-shot · nearest-centroid`. */
export function rowTitle(row: Partial<Titled>): string {
  const { dataset, backbone, loss, batch_size: batch, shot, classifier, measure } = row;
  const parts = [
    dataset,
    backbone,
    loss,
    batch == null ? '' : `batch ${batch}`,
    shot == null ? '' : `${shot}-shot`,
    classifier,
    measure,
    isOnValidation(row) ? validationData(row) : '',
  ];
  return parts.filter(Boolean).join(' · ');
}

function validationData({ protocol, shot, classifier }: Partial<Titled>): string {
  if (protocol === undefined) return 'validation data';
  // Beside episodes, the read-out of the trained classes has no shot.
  const isReadOut = shot === null && classifier !== undefined;
  return protocol === 'transfer' || isReadOut ? 'validation samples' : 'validation classes';
}

/** The title of a method whose row says its budget, such as `CE, 400 steps`, without the budget. */
export function titleWithoutSteps(title: string): string {
  return title.replace(/, \d+ steps?(?=,|$)/, '');
}
