import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakeSlurm } from '../testing/fake-slurm.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { elementOf, queued, queueWatch, type Submission, submissions, submitCells } from './submission.ts';

const cells = Array.from({ length: 12 }, (_, seed) => ({
  key: `key${seed}`,
  label: `${seed}`,
  spec: { seed },
}));
const plan = { cells, settings: { dataRoot: '/data' } };
const nothing = { resources: [], directives: [], setup: [] };
const impatient = { tries: 2, pauseMs: 1, warn: () => {} };

/** Arrays of at most five elements; job ids from 4701. */
const SMALL = { scontrol: 'echo "MaxArraySize = 5"', sbatch: 'echo $((4700 + call))' };

const submit = (ledger: string, onSubmitted?: (one: Submission) => void) =>
  submitCells(ledger, plan, ['node', 'main.js'], nothing, onSubmitted, impatient);

describe('submitCells', () => {
  it('submits as many arrays as the cluster asks for', async () => {
    fakeSlurm(SMALL);
    const ledger = join(temporaryDirectory(), 'my 100% runs');
    const told: string[] = [];
    const submitted = await submit(ledger, ({ job }) => told.push(job));
    expect(submitted.map((one) => one.cells.length)).toEqual([5, 5, 2]);
    expect(told).toEqual(['4701', '4702', '4703']);
    const last = submitted[2]!;
    expect(readFileSync(join(last.directory, 'script.sh'), 'utf8')).toContain('--array=0-1\n');
    expect(await elementOf(join(last.directory, 'plan.json'), 1)).toEqual({
      ledger,
      cell: cells[11],
      settings: plan.settings,
    });
    await expect(elementOf(join(last.directory, 'plan.json'), 2)).rejects.toThrow(
      /has 2 cells, but no index 2/,
    );
    expect((await submissions(ledger)).map(({ job }) => job).sort()).toEqual(told);
  });

  it('asks Slurm nothing where there is nothing to submit', async () => {
    const { calls } = fakeSlurm({ scontrol: '', sbatch: '' });
    expect(await submitCells('ledger', { ...plan, cells: [] }, [], nothing)).toEqual([]);
    expect(calls('scontrol')).toEqual([]);
  });

  it('says which cells of which job are in the queue', async () => {
    fakeSlurm({ ...SMALL, squeue: 'echo "clce|4701 0 RUNNING None"; echo "clce|4703 1 PENDING Resources"' });
    const submitted = await submit(temporaryDirectory());
    expect([...(await queued(submitted, impatient))]).toEqual([
      ['key0', { state: 'running', reason: 'None' }],
      ['key11', { state: 'pending', reason: 'Resources' }],
    ]);
  });
});

describe('submissions', () => {
  it('finds the number of a job whose submitter ended before it wrote the number down', async () => {
    const ledger = temporaryDirectory();
    const { folder } = fakeSlurm({
      ...SMALL,
      squeue: 'case "$*" in *clce-*) echo "clce|4701 $(cat $here/name)";; esac',
    });
    const [first, second] = await submit(ledger);
    for (const { directory } of [first!, second!]) rmSync(join(directory, 'job.json'));
    writeFileSync(join(folder, 'name'), `clce-${first!.id}`);
    const found = await submissions(ledger, () => {}, impatient);
    expect(found.map(({ id }) => id)).toContain(first!.id);
    expect(found.map(({ id }) => id)).not.toContain(second!.id);
    expect(JSON.parse(readFileSync(join(first!.directory, 'job.json'), 'utf8'))).toEqual({ job: '4701' });
  });

  it('asks the clusters of its script for such a job', async () => {
    const ledger = temporaryDirectory();
    const { folder, calls } = fakeSlurm({
      ...SMALL,
      squeue: 'case "$*" in *--clusters=west*clce-*) echo "clce|4701 $(cat $here/name)";; esac',
    });
    const options = { ...nothing, directives: ['-M west'] };
    const [first] = await submitCells(ledger, plan, ['node'], options, undefined, impatient);
    expect(calls('scontrol')).toEqual(['--clusters=west show config']);
    rmSync(join(first!.directory, 'job.json'));
    writeFileSync(join(folder, 'name'), `clce-${first!.id}`);
    const found = await submissions(ledger, () => {}, impatient);
    expect(found.find(({ id }) => id === first!.id)).toMatchObject({ job: '4701', cluster: 'west' });
    expect(JSON.parse(readFileSync(join(first!.directory, 'job.json'), 'utf8'))).toEqual({
      job: '4701',
      cluster: 'west',
    });
  });

  it.each([
    ['an empty plan', 'plan.json', ''],
    ['half a plan', 'plan.json', '{"cells":[{"ke'],
    ['a plan of an earlier version', 'plan.json', '[{"key":"a"}]'],
    ['another number', 'job.json', '{"job":"; rm -rf x"}'],
    ['an empty number', 'job.json', ''],
  ])('names a submission with %s, and leaves it', async (_, name, content) => {
    const ledger = temporaryDirectory();
    fakeSlurm({ ...SMALL, squeue: '' });
    const [first, second, third] = await submit(ledger);
    writeFileSync(join(first!.directory, name), content);
    mkdirSync(join(ledger, '.slurm', 'notes of mine'));
    const warnings: string[] = [];
    const found = await submissions(ledger, (message) => void warnings.push(message), impatient);
    expect(found.map(({ id }) => id).sort()).toEqual([second!.id, third!.id].sort());
    expect(warnings).toEqual([
      expect.stringContaining(`${first!.directory} is no submission that this version`),
    ]);
    expect(readFileSync(join(first!.directory, name), 'utf8')).toBe(content);
    expect(readdirSync(join(ledger, '.slurm'))).toHaveLength(4);
  });
});

describe('queueWatch', () => {
  const submission = { id: 'x', directory: 'x', job: '4711', cells };

  it('goes on after failed looks; only a long row of them is an error', async () => {
    fakeSlurm({
      squeue: '[ $call -eq 3 ] && { echo "clce|4711 0 RUNNING None"; exit 0; }; echo "no answer" >&2; exit 1',
    });
    const warnings: string[] = [];
    const look = queueWatch((message) => void warnings.push(message), 4);
    expect(await look([submission])).toBeUndefined();
    expect(await look([submission])).toBeUndefined();
    expect((await look([submission]))?.get('key0')?.state).toBe('running');
    for (let failed = 0; failed < 3; failed++) expect(await look([submission])).toBeUndefined();
    await expect(look([submission])).rejects.toThrow(
      'squeue: no answer (4 looks at the queue failed in a row)',
    );
    expect(warnings).toHaveLength(4);
  });
});
