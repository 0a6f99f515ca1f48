/**
 * The paper's claims and their measurements. Only runs in the paper's setting judge a claim. Without such runs the claim is not
 * tested, whatever the results of other runs. The rules are in docs/claims.md.
 */
import { meanInterval, pairedDifference } from '@clce/statistics';
import {
  compareSettings,
  type Outcome,
  outcomeOf,
  type SettingComparison,
  SIGNIFICANCE,
} from '../comparisons.ts';
import { groupBy } from '../group-by.ts';
import { corrected } from '../paired-by-seed.ts';
import { rowTitle } from '../row-title.ts';
import { boundsOf } from '../tables/bounds.ts';
import type { SeedRow } from '../tables/seed-table.ts';
import {
  FEW_SHOT_SETS,
  type JudgingRuns,
  runsInSetting,
  smoothingOf,
  TRANSFER_SETS,
  TWELVE_SETS,
} from './paper-setting.ts';

export type Verdict = 'reproduced' | 'not reproduced' | 'not tested';

export interface ClaimResult {
  readonly claim: string;
  /** The published figure; null if the claim has none. */
  readonly published: number | null;
  readonly source: string;
  readonly verdict: Verdict;
  /** The reason for the verdict: the measurement, or the missing runs. */
  readonly because: string;
  /** Percentage points (percent for an accuracy) with the unadjusted 95 % interval over seeds. */
  readonly measured: { readonly value: number; readonly lower: number; readonly upper: number } | null;
  readonly cells: readonly string[];
}

export interface ClaimOptions {
  /** SHA-256 of files that the reader says are the published BEiT-3: 12 digits or more. */
  readonly weights?: readonly string[];
}

const ABSTRACT = 'arXiv 2402.14551, abstract';
const SISTER_ABSTRACT = 'arXiv 2308.14893, abstract';
const CLCE = 'clce';
/** The name of the sister method's loss. This project has none; a reader's file may bring it. */
const SISTER = 'schane';
/** The batch of the published commands. */
const LARGEST_BATCH = 1024;
const LARGE_BATCH = 4096;
/** In points. A figure counts as met from this much below it on. */
const MARGIN = 1;

/** @param rows the rows of all seed tables */
export function checkClaims(rows: readonly SeedRow[], { weights = [] }: ClaimOptions = {}): ClaimResult[] {
  const on = (sets: readonly string[], loss: string): Measured => ({
    ...runsInSetting(rows, { sets, losses: [loss, 'ce'], weights }),
    sets,
    loss,
  });
  return [
    largestGain('largest few-shot gain of CLCE over CE, BEiT-3', 3.52, ABSTRACT, on(FEW_SHOT_SETS, CLCE)),
    largestGain('largest transfer gain of CLCE over CE, BEiT-3', 3.41, ABSTRACT, on(TRANSFER_SETS, CLCE)),
    beatsEverywhere(on(TWELVE_SETS, CLCE)),
    withoutLargeBatches(on(TWELVE_SETS, CLCE)),
    accuracyOnImageNet(on(['imagenet-1k'], SISTER)),
    largestGain('sister method: largest few-shot gain', 3.32, SISTER_ABSTRACT, on(FEW_SHOT_SETS, SISTER)),
  ];
}

interface Measured extends JudgingRuns {
  readonly sets: readonly string[];
  /** The loss that the claim is about. */
  readonly loss: string;
}

/** A gain over CE in one setting. */
interface Gain extends SettingComparison {
  /** Holm-corrected over the claim's sets. */
  readonly pHolm: number | null;
  readonly outcome: Outcome;
}

const untested = { verdict: 'not tested', measured: null, cells: [] } as const;

/**
 * Reproduced if a gain is significant and its estimate is at most MARGIN below the figure. An interval that merely reaches the
 * figure shows nothing: the fewer the seeds, the farther it reaches.
 */
function largestGain(claim: string, published: number, source: string, measured: Measured): ClaimResult {
  const common = { claim, published, source };
  const gains = gainsOf(measured);
  const largest = gains.toSorted((one, other) => other.difference! - one.difference!)[0];
  if (largest === undefined) return { ...common, ...untested, because: missing(measured, measured.sets) };
  const met = gains
    .filter(({ outcome, difference }) => outcome === 'better' && difference! >= published - MARGIN)
    .sort((one, other) => other.difference! - one.difference!)[0];
  if (met !== undefined) {
    const because = `significant, and at most ${MARGIN} point below the figure: ${titleOf(met)}`;
    return { ...common, verdict: 'reproduced', because, ...figuresOf(met) };
  }
  const because = `largest of ${gains.length}: ${titleOf(largest)}, ${largest.outcome}`;
  const left = setsWithout(gains, measured.sets);
  return left.length > 0
    ? {
        ...common,
        verdict: 'not tested',
        because: `${because}; ${missing(measured, left)}`,
        ...figuresOf(largest),
      }
    : { ...common, verdict: 'not reproduced', because, ...figuresOf(largest) };
}

function beatsEverywhere(measured: Measured): ClaimResult {
  const { sets } = measured;
  const common = { claim: 'CLCE beats CE on twelve benchmarks', published: 12, source: ABSTRACT };
  const gains = gainsOf(measured);
  const cells = gains.flatMap(cellsOf);
  const lost = gains.find(({ outcome }) => outcome === 'worse');
  if (lost !== undefined) {
    const because = `CE is better: ${titleOf(lost)}`;
    return { ...common, verdict: 'not reproduced', because, ...figuresOf(lost), cells };
  }
  const left = setsWithout(gains, sets);
  if (left.length > 0) return { ...common, ...untested, cells, because: missing(measured, left) };
  const won = sets.filter((set) =>
    gains.every(({ setting, outcome }) => setting.dataset !== set || outcome === 'better'),
  );
  return {
    ...common,
    verdict: won.length === sets.length ? 'reproduced' : 'not reproduced',
    because: `significantly better on ${won.length} of ${sets.length}`,
    measured: null,
    cells,
  };
}

/** The gain at a batch of at most 1024 minus the gain at 4096, paired by seed. */
interface Contrast {
  readonly gain: Gain;
  readonly difference: number;
  readonly lower: number | null;
  readonly upper: number | null;
  /** p value of the test that the gain at most 1024 is MARGIN or more below the gain at 4096. */
  readonly pValue: number | null;
  readonly cells: readonly string[];
}

/**
 * Reproduced if, on each set with both batches, the gain at 1024 or fewer is significant, and significantly less than MARGIN below
 * the gain at 4096.
 */
function withoutLargeBatches(measured: Measured): ClaimResult {
  const claim = `CLCE’s gain over CE needs no batch of ${LARGE_BATCH} (the gain at ${LARGEST_BATCH} or fewer minus the gain at ${LARGE_BATCH})`;
  const common = { claim, published: LARGE_BATCH, source: ABSTRACT };
  const small = gainsOf(measured);
  const large = pairsOf(measured).filter(({ setting }) => setting.batch_size === LARGE_BATCH);
  const contrasts = small.flatMap((gain) => {
    const other = large.find(({ setting }) => isSameButBatch(setting, gain.setting));
    return other === undefined ? [] : contrastOf(gain, other);
  });
  const worst = contrasts.toSorted((one, other) => one.difference - other.difference)[0];
  if (worst?.lower == null || worst.upper === null) {
    const because = `no two seeds with runs at both a batch of ${LARGE_BATCH} and one of ${LARGEST_BATCH} or fewer${refusalsOf(measured)}`;
    return { ...common, ...untested, because };
  }
  const size = familySize(contrasts.length, setsWithout(small, measured.sets).length, measured);
  const pHolms = corrected(contrasts, ({ pValue }) => pValue, size);
  const failing = contrasts.filter(
    (contrast) => contrast.gain.outcome !== 'better' || !((pHolms.get(contrast) ?? 1) < SIGNIFICANCE),
  );
  const [shown = worst] = failing;
  const why =
    shown.gain.outcome === 'better'
      ? `the gain may be ${MARGIN} point or more below that at ${LARGE_BATCH}`
      : `no significant gain at ${shown.gain.setting.batch_size}`;
  const { lower, upper, difference: value, cells } = shown;
  return {
    ...common,
    verdict: failing.length === 0 ? 'reproduced' : 'not reproduced',
    because: `${failing.length === 0 ? `the smallest of ${contrasts.length}` : why}: ${titleOf(shown.gain)}`,
    measured: lower === null || upper === null ? null : { value, lower, upper },
    cells,
  };
}

function contrastOf(gain: Gain, other: SettingComparison): Contrast[] {
  const differenceAt = ({ pairs }: SettingComparison) =>
    new Map(pairs.map(([our, their]) => [our.seed, our.value - their.value]));
  const [ours, theirs] = [differenceAt(gain), differenceAt(other)];
  const seeds = [...ours.keys()].filter((seed) => theirs.has(seed));
  if (seeds.length === 0) return [];
  const [small, large] = [seeds.map((seed) => ours.get(seed)!), seeds.map((seed) => theirs.get(seed)!)];
  const { meanDifference, interval } = pairedDifference(small, large);
  const shifted = pairedDifference(
    small.map((points) => points + MARGIN),
    large,
  );
  const [lower, upper] = boundsOf(interval);
  const isAbove = shifted.meanDifference! > 0 && shifted.test.kind === 'tested';
  return [
    {
      gain,
      difference: meanDifference!,
      lower,
      upper,
      pValue: isAbove && shifted.test.kind === 'tested' ? shifted.test.pValue : null,
      cells: [...cellsOf(gain), ...cellsOf(other)],
    },
  ];
}

function isSameButBatch(one: SettingComparison['setting'], other: SettingComparison['setting']): boolean {
  return JSON.stringify({ ...one, batch_size: 0 }) === JSON.stringify({ ...other, batch_size: 0 });
}

/** Reproduced if the whole interval lies above the figure minus MARGIN. A wide interval does not. */
function accuracyOnImageNet(measured: Measured): ClaimResult {
  const published = 86.14;
  const common = {
    claim: 'sister method: ImageNet-1k accuracy, base model',
    published,
    source: SISTER_ABSTRACT,
  };
  const own = measured.runs.filter(({ loss_name, batch_size }) => {
    return loss_name === measured.loss && batch_size <= LARGEST_BATCH;
  });
  const largest = Math.max(...own.map(({ batch_size }) => batch_size));
  const runs = own.filter(({ batch_size }) => batch_size === largest);
  const interval = meanInterval(runs.map(({ value }) => value));
  if (interval.kind === 'undefined') {
    return {
      ...common,
      ...untested,
      because: `fewer than two seeds of the loss ${measured.loss}${refusalsOf(measured)}`,
    };
  }
  const { mean, lower, upper } = interval;
  return {
    ...common,
    verdict: lower >= published - MARGIN ? 'reproduced' : 'not reproduced',
    because: `${runs.length} seeds`,
    measured: { value: mean, lower, upper },
    cells: runs.map(({ cell }) => cell),
  };
}

/**
 * The gains over CE, each at the set's largest batch of at most 1024, with two seeds or more. They are one family with the sets
 * that were not run.
 */
function gainsOf(measured: Measured): Gain[] {
  const pairs = pairsOf(measured).filter(({ setting }) => setting.batch_size <= LARGEST_BATCH);
  const gains = [...groupBy(pairs, ({ setting }) => setting.dataset).values()].flatMap((ofSet) => {
    const largest = Math.max(...ofSet.map(({ setting }) => setting.batch_size));
    return ofSet.filter(({ setting }) => setting.batch_size === largest);
  });
  const size = familySize(gains.length, setsWithout(gains, measured.sets).length, measured);
  const pHolms = corrected(gains, ({ pValue }) => pValue, size);
  return gains.map((gain) => {
    const pHolm = pHolms.get(gain) ?? null;
    return { ...gain, pHolm, outcome: outcomeOf(gain.difference!, pHolm) };
  });
}

/** A set without a test counts as one test, so that the family has the size that the claim names. */
function familySize(tests: number, without: number, { sets }: Measured): number {
  return Math.max(sets.length, tests + without);
}

function pairsOf({ runs, loss }: Measured): SettingComparison[] {
  return [...groupBy(runs, (row) => String(smoothingOf(row))).values()].flatMap((alike) =>
    compareSettings(
      alike.filter(({ loss_name }) => loss_name === loss),
      alike.filter(({ loss_name }) => loss_name === 'ce'),
    ).filter(({ lower }) => lower !== null),
  );
}

function setsWithout(compared: readonly SettingComparison[], sets: readonly string[]): string[] {
  return sets.filter((set) => !compared.some(({ setting }) => setting.dataset === set));
}

function missing(measured: Measured, sets: readonly string[]): string {
  return `no two seeds of ${measured.loss} and ce in the paper’s setting on ${sets.join(', ')}${refusalsOf(measured)}`;
}

function refusalsOf({ refusals }: Measured): string {
  return refusals.length === 0 ? '' : `; not counted: ${refusals.join('; ')}`;
}

function titleOf({ setting }: SettingComparison): string {
  return rowTitle(setting);
}

function cellsOf({ pairs }: SettingComparison): string[] {
  return pairs.flatMap(([our, their]) => [our.cell, their.cell]);
}

function figuresOf(gain: Gain): Pick<ClaimResult, 'measured' | 'cells'> {
  const { difference: value, lower, upper } = gain;
  return { measured: { value: value!, lower: lower!, upper: upper! }, cells: cellsOf(gain) };
}
