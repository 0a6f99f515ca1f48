/** Differences over classes that R has computed too (fixtures/statistics/generate.R). */
import { readFileSync } from 'node:fs';
import type { ClassAccuracy } from '../classes/class-accuracy.ts';

export interface Oracle {
  readonly name: string;
  readonly rows: readonly (readonly [number, string, number, number, number])[];
  readonly difference: number;
  readonly standardError: number;
  readonly degreesOfFreedom: number;
  readonly lower: number;
  readonly upper: number;
  readonly p: number;
  readonly ratio: { readonly ratio: number; readonly lower: number; readonly upper: number };
  readonly tost: readonly { readonly margin: number; readonly above: number; readonly below: number }[];
  readonly mixed: { readonly mean: number; readonly standardError: number };
}

const fixture = new URL('../../../../fixtures/statistics/class-difference.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { readonly cases: readonly Oracle[] };

/** Each case behind its name. */
export const namedOracles = cases.map((oracle) => [oracle.name, oracle] as const);

/** The accuracies of both methods. */
export function methodsOf({ rows }: Oracle): [ClassAccuracy[], ClassAccuracy[]] {
  const of = (at: 3 | 4) =>
    rows.map((row) => ({ fold: `${row[0]}`, class: row[1], seed: row[2], accuracy: row[at] }));
  return [of(3), of(4)];
}
