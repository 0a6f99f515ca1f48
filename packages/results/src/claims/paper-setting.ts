/**
 * The paper's setting: which runs can judge a claim, and why the others cannot. λ, τ, the optimizer and the epochs are of the sister
 * method's published command line (arXiv 2308.14893), β is the paper's (arXiv 2402.14551). The others are *ours*: the
 * form of the contrastive term, the epochs of transfer beyond ImageNet-1k, the shot and the classifiers.
 */
import { isOnValidation } from '../cell/evaluated-on.ts';
import { settingKey } from '../comparisons.ts';
import { groupBy } from '../group-by.ts';
import type { ParameterColumn } from '../tables/loss-columns.ts';
import type { SeedRow } from '../tables/seed-table.ts';

/** The sets in this group’s papers. The abstract gives only their number, “twelve”. */
export const FEW_SHOT_SETS = ['cifar-fs', 'fc100', 'mini-imagenet', 'tiered-imagenet'];
export const TRANSFER_SETS = [
  'cifar-100',
  'cub-200-2011',
  'caltech-256',
  'oxford-102-flowers',
  'oxford-iiit-pets',
  'inaturalist-2017',
  'places365',
  'imagenet-1k',
];
export const TWELVE_SETS = [...FEW_SHOT_SETS, ...TRANSFER_SETS];

export interface Scope {
  readonly sets: readonly string[];
  /** The names of the losses that are compared. */
  readonly losses: readonly string[];
  /** The first digits, 12 or more, of the SHA-256 of files that the reader says are the published BEiT-3. */
  readonly weights: readonly string[];
}

export interface JudgingRuns {
  readonly runs: readonly SeedRow[];
  /** Why other runs on these sets do not count, each with its sets; empty where all count. */
  readonly refusals: readonly string[];
}

/** The runs of the scope that are in the paper's setting. A cell that stands in several tables counts once. */
export function runsInSetting(rows: readonly SeedRow[], scope: Scope): JudgingRuns {
  const faults = new Map<string, Set<string>>();
  const refuse = (fault: string, { dataset }: SeedRow) => {
    faults.set(fault, (faults.get(fault) ?? new Set()).add(dataset));
  };
  const concerned = [...groupBy(rows.filter(concerns(scope)), identityOf).values()].map(([first]) => first);
  const accepted = concerned.filter((row) => {
    const fault = faultOf(row, scope.weights);
    if (fault !== undefined) refuse(fault, row);
    return fault === undefined;
  });
  const runs = [...groupBy(accepted, placeOf).values()].flatMap((group) => {
    if (group.length === 1) return group;
    const [first] = group;
    refuse(`${first.loss_name} has several cells of one seed and setting; leave one table out`, first);
    return [];
  });
  const refusals = [...faults].map(([fault, sets]) => `${fault} (${[...sets].sort().join(', ')})`);
  return { runs, refusals };
}

/** Rows of earlier tables do not name their loss. They concern a claim until `faultOf` says so. */
function concerns({ sets, losses }: Scope): (row: SeedRow) => boolean {
  return (row) => {
    const { dataset, protocol, shot, classifier, measure, loss_name } = row;
    const isFewShot = protocol === 'few-shot' && shot === 5 && classifier === 'logistic-regression';
    const isHead = protocol === 'transfer' && classifier === 'head';
    const known = protocol === 'few-shot' ? FEW_SHOT_SETS : TRANSFER_SETS;
    return (
      measure === 'accuracy' &&
      (isFewShot || isHead) &&
      known.includes(dataset) &&
      sets.includes(dataset) &&
      (loss_name === null || losses.includes(loss_name))
    );
  };
}

function identityOf({ cell, dataset }: SeedRow): string {
  return JSON.stringify([cell, dataset]);
}

/** Two cells of one place would be paired with the same cell, and count twice. */
function placeOf(row: SeedRow): string {
  return JSON.stringify([settingKey(row), row.loss_name, row.seed, smoothingOf(row)]);
}

/** ε of the cross-entropy. It is not published, so that any decides nothing, but compared runs share it. */
export function smoothingOf(row: Pick<SeedRow, ParameterColumn>): number {
  return Number(row['loss.labelSmoothing'] ?? 0);
}

const PARAMETERS: readonly (readonly [
  symbol: string,
  column: ParameterColumn,
  value: number | string,
  source: string,
])[] = [
  ['λ', 'loss.lambda', 0.9, 'the sister method’s command line has'],
  ['τ', 'loss.temperature', 0.5, 'the sister method’s command line has'],
  ['β', 'loss.hardness', 1, 'the paper has'],
  ['the form', 'loss.form', 'in', 'this project takes the paper’s to be'],
  ['detachWeights', 'loss.detachWeights', 'false', 'this project takes the paper’s to be'],
];
const BACKBONE = 'beit3-base';
const OPTIMIZER = 'adamw';
const WAY = 5;

/** What keeps a run from judging a claim, first of all; undefined where nothing does. */
function faultOf(row: SeedRow, weights: readonly string[]): string | undefined {
  if (row.loss_name === null || row.optimizer === null || row.epochs === null) {
    return 'the table is of an earlier version and has no parameters and no recipe; make it again';
  }
  if (row.evaluated_on === null) {
    return 'the table is of an earlier version and does not say what accuracy is measured on; make it again';
  }
  if (isOnValidation(row)) {
    return 'accuracy is on validation data, which choose a recipe; the paper’s is on novel classes or test samples';
  }
  if (row.backbone !== BACKBONE) return `the backbone is ${row.backbone}, the claims are on ${BACKBONE}`;
  if (row.split !== 'official') return `the split is ${row.split}, the paper’s are official`;
  if (row.contrastive_group !== null) {
    return `samples are contrasted in groups of ${row.contrastive_group}, the paper’s with the whole batch`;
  }
  if (row.weights === 'random') return 'the weights are random, the paper’s are pretrained';
  if (!weights.some((hash) => hash.startsWith(row.weights))) {
    return `weights not identified: SHA-256 ${row.weights}…, and no checksum is published; --weights names the file of the published BEiT-3`;
  }
  for (const [symbol, column, published, source] of PARAMETERS) {
    const value = row[column];
    // Cross-entropy has none of them.
    if (value !== undefined && value !== published) return `${symbol} is ${value}, ${source} ${published}`;
  }
  if (row.optimizer !== OPTIMIZER) return `the optimizer is ${row.optimizer}, the recipe has ${OPTIMIZER}`;
  const epochs = row.protocol === 'few-shot' ? 100 : 50;
  if (Math.round(row.epochs) !== epochs) return `${shortNumber(row.epochs)} epochs, the recipe has ${epochs}`;
  if (row.way !== null && row.way !== WAY) return `the episodes have ${row.way} classes, not ${WAY}`;
  return undefined;
}

function shortNumber(value: number): string {
  return String(Number(value.toFixed(1)));
}
