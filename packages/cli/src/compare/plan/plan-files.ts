/** The files of a planned comparison: the suite, and how it came about. */
import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DeclaredPreset, presetText, type SuiteFile } from '@clce/experiments';
import { canonicalJson, ifAbsent, seal, unseal, writeFile } from '@clce/files';
import { RunError } from '../../run/run-error.ts';
import type { BudgetPlan, MethodCost } from './budget.ts';
import { durationText } from './duration.ts';

export const SUITE_FILE = 'compare.yaml';
const RECORD_FILE = 'compare.plan.json';

/** How a suite was planned. The answer needs it, and the same command goes on with the plan. */
export interface PlanRecord {
  /** What the user asked for. */
  readonly asked: Readonly<Record<string, unknown>>;
  /** Hash of the pictures' manifest. */
  readonly pictures: string;
  readonly costs: readonly MethodCost[];
  /** Share of the pictures of a shuffled batch that have another one of their class in it. */
  readonly positives: number;
  readonly plan: BudgetPlan;
  /** The plan of twice the budget. */
  readonly twice: BudgetPlan;
}

/**
 * Writes both files. The suite is last, so that a folder with a suite has its record.
 *
 * @param folder of the comparison
 */
export async function writePlan(
  folder: string,
  planned: PlanRecord,
  preset: DeclaredPreset,
  files: SuiteFile,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const suite = presetText(preset, files, remarkOn(planned.plan));
  await writeFile(join(folder, RECORD_FILE), seal(hash('sha256', suite), planned));
  await writeFile(join(folder, SUITE_FILE), suite);
}

function remarkOn({ trials, folds, seeds, steps, seconds }: BudgetPlan): string {
  return `${trials} trials of each loss, then ${folds} folds${seeds === 1 ? '' : ` of ${seeds} seeds`}, ${steps} steps each: about ${durationText(seconds)}.
"./clce bench ${SUITE_FILE}" runs the same cells. ${RECORD_FILE} says how they were planned.`;
}

/**
 * The plan of a folder; undefined where there is none.
 *
 * @throws RunError where something else was asked for, or the record is damaged
 */
export async function readPlan(folder: string, asked: PlanRecord['asked']): Promise<PlanRecord | undefined> {
  const suite = join(folder, SUITE_FILE);
  if (!existsSync(suite)) return undefined;
  const found = recordOf(
    await readFile(suite, 'utf8'),
    await readFile(join(folder, RECORD_FILE), 'utf8').catch(ifAbsent('')),
  );
  if (found === undefined) {
    throw new RunError(
      `${suite} is not as it was planned; "./clce bench ${suite}" runs it as it is, and another --out plans anew`,
    );
  }
  const changed = Object.keys({ ...found.asked, ...asked }).filter(
    (entry) => canonicalJson(found.asked[entry] ?? null) !== canonicalJson(asked[entry] ?? null),
  );
  if (changed.length === 0) return found;
  const was = changed.map((entry) => `${entry} was ${JSON.stringify(found.asked[entry] ?? null)}`);
  throw new RunError(`${folder} holds another plan (${was.join(', ')}); another --out plans anew`);
}

/** Undefined where the record is damaged, or of another suite. */
function recordOf(suite: string, record: string): PlanRecord | undefined {
  try {
    return unseal(record, hash('sha256', suite)) as unknown as PlanRecord;
  } catch {
    return undefined;
  }
}
