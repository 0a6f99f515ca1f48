/**
 * The plan stood before the results: docs/study-plan.md, apart from its list of changes, is in the commit from which each cell of the
 * confirmation ran, byte for byte. Cells come from the committed packs; their provenance names the commit.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type ReadCell, readPack } from '../packages/runner/src/pack/pack-file.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const PLAN = 'docs/study-plan.md';

type Confirmed = Pick<ReadCell, 'key' | 'spec' | 'provenance'>;

/** One line a fault; no line where the plan stood before every cell of the confirmation. */
function faultsOf(cells: readonly Confirmed[], repository: string): string[] {
  if (git(repository, 'rev-parse', '--is-shallow-repository') === 'true') {
    return ['this clone has no history to read; get it by git fetch --unshallow'];
  }
  const now = planIn(repository, 'HEAD');
  return cells.filter(isConfirmation).flatMap(({ key, provenance: { commit, dirty } }) => {
    const fault = (what: string) => [`cell ${key}: ${what}`];
    if (commit === null || commit === undefined) return fault('its provenance names no commit');
    if (dirty !== false) return fault(`it ran with changes that commit ${commit} does not have`);
    const then = planIn(repository, commit);
    if (then === undefined) return fault(`commit ${commit} has no ${PLAN}`);
    if (then !== now) return fault(`commit ${commit} has another plan`);
    return [];
  });
}

/** The plan without its list of changes; undefined where the commit or the file is not there. */
function planIn(repository: string, commit: string): string | undefined {
  try {
    return git(repository, 'show', `${commit}:${PLAN}`).split('\n## Changes\n')[0];
  } catch {
    return undefined;
  }
}

function isConfirmation({ spec }: Confirmed): boolean {
  return (spec as { split?: { side?: string } }).split?.side === 'confirmation';
}

function git(cwd: string, ...words: string[]): string {
  return execFileSync('git', words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trimEnd();
}

it('the plan stands in the commit of every committed cell of the confirmation', async () => {
  const packs = join(root, 'results/packs');
  const cells: Confirmed[] = [];
  for (const name of readdirSync(packs)) {
    for await (const { key, spec, provenance } of readPack(join(packs, name)))
      cells.push({ key, spec, provenance });
  }
  expect(cells).not.toHaveLength(0);
  expect(faultsOf(cells, root)).toEqual([]);
});

describe('a plan that did not stand before a cell is found', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  function folder(): string {
    folders.push(mkdtempSync(join(tmpdir(), 'clce-plan-')));
    return folders.at(-1)!;
  }

  /** A repository with a commit for each text. */
  function history(...texts: (string | undefined)[]): { repository: string; commits: string[] } {
    const repository = folder();
    git(repository, 'init', '--quiet');
    mkdirSync(join(repository, 'docs'));
    const commits = texts.map((text, at) => {
      writeFileSync(join(repository, 'count'), String(at));
      if (text !== undefined) writeFileSync(join(repository, PLAN), text);
      git(repository, 'add', '--all');
      git(repository, '-c', 'user.name=a', '-c', 'user.email=a@b.c', 'commit', '--quiet', '-m', 'a');
      return git(repository, 'rev-parse', 'HEAD');
    });
    return { repository, commits };
  }

  const cell = (commit: string | null, dirty = false, side = 'confirmation') =>
    ({ key: 'k', spec: { split: { side } }, provenance: { commit, dirty } }) as unknown as Confirmed;

  it('in a commit without it, with another one, and in none', () => {
    const { repository, commits } = history(undefined, 'first\n', 'plan\n');
    const [none, first, plan] = commits as [string, string, string];
    const faults = (one: Confirmed) => faultsOf([one], repository);
    expect(faults(cell(plan))).toEqual([]);
    expect(faults(cell(first))).toEqual([`cell k: commit ${first} has another plan`]);
    expect(faults(cell(none))).toEqual([`cell k: commit ${none} has no ${PLAN}`]);
    expect(faults(cell('0'.repeat(40)))).toEqual([`cell k: commit ${'0'.repeat(40)} has no ${PLAN}`]);
    expect(faults(cell(null))).toEqual(['cell k: its provenance names no commit']);
    expect(faults(cell(plan, true))).toEqual([
      `cell k: it ran with changes that commit ${plan} does not have`,
    ]);
    expect(faults(cell(first, false, 'development'))).toEqual([]);
  });

  it('a list of changes may grow', () => {
    const { repository, commits } = history('plan\n\n## Changes\n\nNone.\n', 'plan\n\n## Changes\n\nOne.\n');
    expect(
      faultsOf(
        commits.map((commit) => cell(commit)),
        repository,
      ),
    ).toEqual([]);
  });

  it('in a clone without history', () => {
    const { repository, commits } = history('plan\n', 'plan\n');
    const shallow = folder();
    git(shallow, 'clone', '--quiet', '--depth', '1', `file://${repository}`, 'clone');
    expect(faultsOf([cell(commits[1]!)], join(shallow, 'clone'))).toEqual([
      'this clone has no history to read; get it by git fetch --unshallow',
    ]);
  });
});
