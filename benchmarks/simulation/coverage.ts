/** How often intervals hold the true difference, and how often methods that do not differ are called better or worse. */
import { classDifference, differenceInterval, differenceP, errorRatio, judge } from '@clce/statistics';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { percentileBootstrap } from './percentile-bootstrap.ts';
import { normals, type Scenario, simulateStudy } from './study.ts';

/** Numbers of studies. */
export interface Coverage {
  readonly studies: number;
  /** The 95 % interval of the difference holds the true difference. */
  readonly covered: number;
  /** The same for the ratio of errors. */
  readonly ratioCovered: number;
  /** The same for the percentile bootstrap over classes within folds; null without resamples. */
  readonly bootstrapCovered: number | null;
  /** The single test of no difference has p ≤ 0.05. */
  readonly rejected: number;
  /** The verdict names one method better. */
  readonly decided: number;
}

/** Difference in points within which methods count as equivalent. */
const MARGIN = 1;
/** Mean error rate of both methods together, in percent: 100 − LEVEL of a simulated study. */
const ERRORS = 40;

/** @param resamples of the percentile bootstrap; 0 leaves it out */
export function coverageOf(scenario: Scenario, studies: number, seed: number, resamples: number): Coverage {
  const normal = normals(seed);
  const draws = xoroshiro128plus(seed);
  const trueRatio = (ERRORS - scenario.difference / 2) / (ERRORS + scenario.difference / 2);
  let [covered, ratioCovered, bootstrapCovered, rejected, decided] = [0, 0, 0, 0, 0];
  for (let at = 0; at < studies; at++) {
    const study = simulateStudy(scenario, normal);
    const { difference } = classDifference(study.a, study.b);
    covered += Number(holds(differenceInterval(difference, 0.95), scenario.difference));
    const ratio = errorRatio(study.a, study.b, 0.95);
    ratioCovered += Number(holds(ratio.kind === 'interval' ? ratio : null, trueRatio));
    if (resamples > 0) {
      bootstrapCovered += Number(holds(percentileBootstrap(study, draws, resamples), scenario.difference));
    }
    const p = differenceP(difference);
    rejected += Number(p !== null && p <= 0.05);
    const [judged] = judge([{ difference, margin: MARGIN, trainedEnough: true }], 1);
    decided += Number(/^(better|worse)/.test(judged!.verdict));
  }
  return {
    studies,
    covered,
    ratioCovered,
    bootstrapCovered: resamples > 0 ? bootstrapCovered : null,
    rejected,
    decided,
  };
}

function holds(interval: { readonly lower: number; readonly upper: number } | null, value: number): boolean {
  return interval !== null && interval.lower <= value && value <= interval.upper;
}
