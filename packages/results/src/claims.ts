/**
 * The paper's claims and their measurements. Only runs of a claim's own setting judge it: BEiT-3 from pretrained weights
 * on the benchmarks of the claim. Without such runs the claim is not tested, whatever the results of smaller runs.
 */
import { meanInterval } from '@clce/statistics';
import { compareMethods, type MethodComparison } from './comparisons.ts';
import { rowTitle } from './row-title.ts';
import type { SeedRow } from './tables/seed-table.ts';

export type Verdict = 'reproduced' | 'not reproduced' | 'not tested';

export interface ClaimResult {
  readonly claim: string;
  /** The published figure; null if the claim has none. */
  readonly published: number | null;
  readonly source: string;
  readonly verdict: Verdict;
  /** The reason for the verdict: the measurement, or the missing runs. */
  readonly because: string;
  /** Percentage points (percent for an accuracy) with the 95 % interval over seeds. */
  readonly measured: { readonly value: number; readonly lower: number; readonly upper: number } | null;
  readonly cells: readonly string[];
}

const ABSTRACT = 'arXiv 2402.14551, abstract';
const SISTER_ABSTRACT = 'arXiv 2308.14893, abstract';

/** The sets in this group’s papers. The abstract gives only their number, “twelve”. */
const FEW_SHOT_SETS = ['cifar-fs', 'fc100', 'mini-imagenet', 'tiered-imagenet'];
const TRANSFER_SETS = [
  'cifar-100',
  'cub-200-2011',
  'caltech-256',
  'oxford-102-flowers',
  'oxford-iiit-pets',
  'inaturalist-2017',
  'places365',
  'imagenet-1k',
];
const LARGEST_BATCH = 1024;

/** @param rows the rows of all seed tables */
export function checkClaims(rows: readonly SeedRow[]): ClaimResult[] {
  const inSetting = rows.filter(({ backbone, weights }) => /^beit3/.test(backbone) && weights !== 'random');
  const few = inSetting.filter(
    ({ protocol, dataset }) => protocol === 'few-shot' && FEW_SHOT_SETS.includes(dataset),
  );
  const transfer = inSetting.filter(
    ({ protocol, dataset, classifier }) =>
      protocol === 'transfer' && TRANSFER_SETS.includes(dataset) && classifier === 'head',
  );
  return [
    largestGain('largest few-shot gain of CLCE over CE, BEiT-3', 3.52, ABSTRACT, few, FEW_SHOT_SETS),
    largestGain('largest transfer gain of CLCE over CE, BEiT-3', 3.41, ABSTRACT, transfer, TRANSFER_SETS),
    beatsEverywhere([...few, ...transfer], [...FEW_SHOT_SETS, ...TRANSFER_SETS]),
    withoutLargeBatches([...few, ...transfer]),
    accuracyOnImageNet(transfer.filter(({ dataset }) => dataset === 'imagenet-1k')),
    largestGain('sister method: largest few-shot gain', 3.32, SISTER_ABSTRACT, few, FEW_SHOT_SETS),
  ];
}

const untested = { verdict: 'not tested', measured: null, cells: [] } as const;

/**
 * The claim is reproduced if a gain is significant and its interval reaches the figure. It is refuted only after runs on
 * every set.
 */
function largestGain(
  claim: string,
  published: number,
  source: string,
  rows: readonly SeedRow[],
  sets: readonly string[],
): ClaimResult {
  const common = { claim, published, source };
  const gains = compareMethods(rows, 'CLCE', 'CE').filter(({ lower }) => lower !== null);
  const largest = largestOf(gains);
  if (largest === undefined) return { ...common, ...untested, because: missing(sets) };
  const result = { ...common, measured: measuredOf(largest), cells: largest.cells };
  const because = `largest of ${gains.length}: ${rowTitle(largest.setting)}`;
  const reaching = gains.find(({ outcome, upper }) => outcome === 'better' && upper! >= published);
  if (reaching !== undefined) {
    return {
      ...result,
      measured: measuredOf(reaching),
      cells: reaching.cells,
      verdict: 'reproduced',
      because: `significant, and the interval reaches the figure: ${rowTitle(reaching.setting)}`,
    };
  }
  const left = setsWithout(gains, sets);
  return left.length > 0
    ? { ...result, verdict: 'not tested', because: `${because}; ${missing(left)}` }
    : { ...result, verdict: 'not reproduced', because };
}

function beatsEverywhere(rows: readonly SeedRow[], sets: readonly string[]): ClaimResult {
  const common = { claim: 'CLCE beats CE on twelve benchmarks', published: 12, source: ABSTRACT };
  const compared = compareMethods(rows, 'CLCE', 'CE');
  const cells = compared.flatMap((comparison) => comparison.cells);
  const better = new Set(
    compared.filter(({ outcome }) => outcome === 'better').map(({ setting }) => setting.dataset),
  );
  const lost = compared.find(({ outcome }) => outcome === 'worse');
  if (lost !== undefined) {
    const because = `CE is better: ${rowTitle(lost.setting)}`;
    return { ...common, verdict: 'not reproduced', because, measured: measuredOf(lost), cells };
  }
  const left = setsWithout(compared, sets);
  if (left.length > 0) return { ...common, ...untested, cells, because: missing(left) };
  const verdict = better.size === sets.length ? 'reproduced' : 'not reproduced';
  return {
    ...common,
    verdict,
    because: `significantly better on ${better.size} of ${sets.length}`,
    measured: null,
    cells,
  };
}

function withoutLargeBatches(rows: readonly SeedRow[]): ClaimResult {
  const claim = `CLCE’s gain over CE needs no batch of 4096 (ours: it is there at ${LARGEST_BATCH} or fewer)`;
  const common = { claim, published: 4096, source: ABSTRACT };
  const compared = compareMethods(
    rows.filter(({ batch_size }) => batch_size <= LARGEST_BATCH),
    'CLCE',
    'CE',
  );
  const largest = largestOf(compared);
  if (largest?.lower == null)
    return { ...common, ...untested, because: 'no run of BEiT-3 with pretrained weights' };
  return {
    ...common,
    verdict: compared.some(({ outcome }) => outcome === 'better') ? 'reproduced' : 'not reproduced',
    because: rowTitle(largest.setting),
    measured: measuredOf(largest),
    cells: largest.cells,
  };
}

function accuracyOnImageNet(rows: readonly SeedRow[]): ClaimResult {
  const published = 86.14;
  const common = {
    claim: 'sister method: ImageNet-1k accuracy, base model',
    published,
    source: SISTER_ABSTRACT,
  };
  const runs = rows.filter(({ loss, measure }) => loss === 'CLCE' && measure === 'accuracy');
  const interval = meanInterval(runs.map(({ value }) => value));
  if (interval.kind === 'undefined') return { ...common, ...untested, because: missing(['imagenet-1k']) };
  return {
    ...common,
    verdict: interval.upper >= published ? 'reproduced' : 'not reproduced',
    because: `${runs.length} seeds`,
    measured: { value: interval.mean, lower: interval.lower, upper: interval.upper },
    cells: runs.map(({ cell }) => cell),
  };
}

function largestOf(compared: readonly MethodComparison[]): MethodComparison | undefined {
  return compared.toSorted((one, other) => other.difference - one.difference)[0];
}

function setsWithout(compared: readonly MethodComparison[], sets: readonly string[]): string[] {
  return sets.filter((set) => !compared.some(({ setting }) => setting.dataset === set));
}

function missing(sets: readonly string[]): string {
  return `no pairs of BEiT-3 runs with pretrained weights on ${sets.join(', ')}`;
}

function measuredOf({ difference, lower, upper }: MethodComparison): ClaimResult['measured'] {
  return lower === null || upper === null ? null : { value: difference, lower, upper };
}
