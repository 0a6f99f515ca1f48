/** What accuracy is measured on. Validation data choose settings; they report nothing and judge no method. */
import type { CellFacts } from './cell-facts.ts';

/** Novel classes, test samples of the trained classes, or the validation side of either. */
export const EVALUATED_ON = ['novel', 'test', 'validation'] as const;
export type EvaluatedOn = (typeof EVALUATED_ON)[number];

/** Of one figure of a cell. Episodes of novel classes may have a read-out of the trained classes beside them, which has no shot. */
export function evaluatedOn(
  { protocol, evaluatedOn: side }: Pick<CellFacts, 'protocol' | 'evaluatedOn'>,
  { shot, classifier }: { readonly shot: number | null; readonly classifier: string },
): EvaluatedOn {
  const isReadOut = protocol === 'few-shot' && shot === null && classifier !== '';
  return isReadOut && side === 'novel' ? 'test' : side;
}

/** Rows of tables of earlier versions do not say it, and count as reports. */
export function isOnValidation({
  evaluated_on,
}: {
  readonly evaluated_on?: EvaluatedOn | null | undefined;
}): boolean {
  return evaluated_on === 'validation';
}
