import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeSlurm } from '../testing/fake-slurm.ts';
import { cancel, jobOf, mostElements, queuedElements, SlurmError, submit } from './client.ts';

const warnings: string[] = [];
const impatient = { tries: 3, pauseMs: 1, warn: (message: string) => void warnings.push(message) };

/** What a busy controller says. */
const BUSY = 'echo "slurm_load_jobs error: Socket timed out on send/recv operation" >&2; exit 1';

describe('jobOf', () => {
  it.each([
    ['4711', { job: '4711' }],
    ['4711;west', { job: '4711', cluster: 'west' }],
    ['*** Maintenance on 12 May ***\n4711\nYou have used 80 % of 100 TB', { job: '4711' }],
    ['', undefined],
    ['Submitted batch job 4711', undefined],
    ['0', undefined],
    ['12\n4711', undefined],
    ['4711; rm -rf x', undefined],
  ])('%j', (printed, job) => {
    expect(jobOf(printed)).toEqual(job);
  });

  it('finds the job among any messages of a site', () => {
    const message = fc
      .string({ unit: 'binary' })
      .filter((text) => jobOf(text) === undefined && !/\d/.test(text));
    const messages = fc.array(message, { maxLength: 5 });
    fc.assert(
      fc.property(messages, fc.integer({ min: 1, max: 2 ** 31 }), messages, (before, id, after) => {
        expect(jobOf([...before, String(id), ...after].join('\n'))).toEqual({ job: String(id) });
      }),
      { seed: 25 },
    );
  });
});

describe('submit', () => {
  it('takes the job id from between the messages of a site', async () => {
    const { calls } = fakeSlurm({ sbatch: 'echo "Welcome!"; echo "4711;west"; echo "80 % used"' });
    expect(await submit('script.sh', 'clce-1', [], impatient)).toEqual({ job: '4711', cluster: 'west' });
    expect(calls('sbatch')).toEqual(['--parsable --job-name=clce-1 script.sh']);
  });

  it('looks the job up where the answer is lost, and submits nothing twice', async () => {
    const { calls } = fakeSlurm({
      sbatch: `touch $here/accepted; ${BUSY}`,
      squeue: `[ $call -eq 1 ] && { ${BUSY}; }; [ -e $here/accepted ] && echo "clce|4711 clce-1"`,
    });
    expect(await submit('script.sh', 'clce-1', [], impatient)).toEqual({ job: '4711' });
    expect(calls('sbatch')).toHaveLength(1);
    expect(calls('squeue')[0]).toContain('--states=all --name=clce-1');
  });

  it('looks the job up where the answer holds no job id', async () => {
    fakeSlurm({ sbatch: 'echo "Submitted"', squeue: 'echo "clce|4711 clce-1"' });
    expect(await submit('script.sh', 'clce-1', [], impatient)).toEqual({ job: '4711' });
  });

  it('looks the job up on every cluster that may have got it', async () => {
    const { calls } = fakeSlurm({
      sbatch: BUSY,
      squeue: 'case "$*" in *--clusters=west*) echo "CLUSTER: west"; echo "clce|4711 clce-1";; esac',
    });
    expect(await submit('script.sh', 'clce-1', ['east', 'west'], impatient)).toEqual({
      job: '4711',
      cluster: 'west',
    });
    expect(calls('squeue')).toEqual([
      expect.stringContaining('--states=all --clusters=east --name=clce-1'),
      expect.stringContaining('--states=all --clusters=west --name=clce-1'),
    ]);
  });

  it('reads from the answer of all clusters which of them has the job', async () => {
    fakeSlurm({
      sbatch: BUSY,
      squeue: 'echo "CLUSTER: east"; echo; echo "CLUSTER: west"; echo "clce|4711 clce-1"',
    });
    expect(await submit('script.sh', 'clce-1', ['all'], impatient)).toEqual({ job: '4711', cluster: 'west' });
  });

  it('tries again where Slurm did not accept, and says so', async () => {
    warnings.length = 0;
    const { calls } = fakeSlurm({ sbatch: `[ $call -eq 1 ] && { ${BUSY}; }; echo 4711`, squeue: '' });
    expect(await submit('script.sh', 'clce-1', [], impatient)).toEqual({ job: '4711' });
    expect(calls('sbatch')).toHaveLength(2);
    expect(warnings).toEqual([expect.stringMatching(/^sbatch: .*Socket timed out.*; tried again in /)]);
  });

  it('does not try again what would fail again', async () => {
    const { calls } = fakeSlurm({
      sbatch: 'echo "sbatch: error: invalid partition specified: gpuu" >&2; exit 1',
      squeue: '',
    });
    await expect(submit('script.sh', 'clce-1', [], impatient)).rejects.toThrow(/invalid partition/);
    expect(calls('sbatch')).toHaveLength(1);
  });

  it('submits nothing again while it is not known what became of the job', async () => {
    const { calls } = fakeSlurm({ sbatch: BUSY, squeue: BUSY });
    await expect(submit('script.sh', 'clce-1', [], impatient)).rejects.toThrow(
      /whether Slurm has accepted job clce-1 is not known .*the same command finds out/,
    );
    expect(calls('sbatch')).toHaveLength(1);
    expect(calls('squeue')).toHaveLength(3);
  });
});

describe('queuedElements', () => {
  it('reads the lines of Slurm alone, with the reason of pending elements', async () => {
    const { calls } = fakeSlurm({
      squeue: `echo "*** 4711 0 RUNNING ***"; echo "CLUSTER: west"
echo "clce|4711 0 RUNNING None"; echo "clce|4711 1 PENDING (ReqNodeNotAvail, UnavailableNodes:n[1-3])"
echo "clce|4711 2 OUT_OF_MEMORY OutOfMemory"; echo "clce|4712 0 COMPLETING None"`,
    });
    const found = await queuedElements([{ job: '4711' }, { job: '4712' }, { job: '4713' }], impatient);
    expect([...found.get('4711')!]).toEqual([
      [0, { state: 'running', reason: 'None' }],
      [1, { state: 'pending', reason: '(ReqNodeNotAvail, UnavailableNodes:n[1-3])' }],
    ]);
    expect([...found.get('4712')!.keys()]).toEqual([0]);
    expect([...found.get('4713')!]).toEqual([]);
    expect(calls('squeue')).toEqual([expect.stringContaining('--array --jobs 4711,4712,4713')]);
  });

  it('asks every cluster for its own jobs', async () => {
    const { calls } = fakeSlurm({ squeue: '' });
    await queuedElements([{ job: '1' }, { job: '2', cluster: 'west' }], impatient);
    expect(calls('squeue').map((words) => words.split('--array ')[1])).toEqual([
      '--jobs 1',
      '--clusters=west --jobs 2',
    ]);
  });

  it('holds nothing of a job that Slurm has forgotten', async () => {
    fakeSlurm({ squeue: 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1' });
    expect((await queuedElements([{ job: '4711' }], impatient)).get('4711')!.size).toBe(0);
  });

  it('does not see the taste of the person who calls', async () => {
    fakeSlurm({ squeue: 'echo "clce|4711 0 PENDING $SQUEUE_STATES$SQUEUE_FORMAT"' });
    process.env['SQUEUE_STATES'] = 'FAILED';
    const found = await queuedElements([{ job: '4711' }], impatient);
    delete process.env['SQUEUE_STATES'];
    expect(found.get('4711')!.get(0)!.reason).toBe('');
  });

  it('says how a command ended that says nothing itself', async () => {
    fakeSlurm({ squeue: 'exit 7' });
    const asked = queuedElements([{ job: '4711' }], impatient);
    await expect(asked).rejects.toThrow('squeue: it exited with code 7');
  });

  it('ends after a limited number of tries', async () => {
    const { calls } = fakeSlurm({ squeue: BUSY });
    await expect(queuedElements([{ job: '4711' }], impatient)).rejects.toThrow(SlurmError);
    expect(calls('squeue')).toHaveLength(3);
  });
});

describe('mostElements', () => {
  it.each([
    ['MaxArraySize            = 5', 5],
    ['Configuration data as of 2026\nMaxArraySize = 20000\nMaxJobCount = 10000', 20_000],
    ['nothing of the kind', 1001],
  ])('%j', async (config, most) => {
    fakeSlurm({ scontrol: `cat << 'END'\n${config}\nEND` });
    expect(await mostElements([], impatient)).toBe(most);
  });

  it('is the smallest of all clusters that may get the array', async () => {
    const { calls } = fakeSlurm({
      scontrol: 'case "$*" in *west*) echo "MaxArraySize = 5";; *) echo "MaxArraySize = 9";; esac',
    });
    expect(await mostElements(['east', 'west'], impatient)).toBe(5);
    expect(calls('scontrol')).toEqual(['--clusters=east show config', '--clusters=west show config']);
  });

  it('refuses a cluster without job arrays', async () => {
    fakeSlurm({ scontrol: 'echo "MaxArraySize = 0"' });
    await expect(mostElements([], impatient)).rejects.toThrow('allows no job arrays');
  });
});

it('scancel is tried again, too', async () => {
  const { calls } = fakeSlurm({ scancel: `[ $call -lt 3 ] && { ${BUSY}; }; exit 0` });
  await cancel({ job: '4711', cluster: 'west' }, impatient);
  expect(calls('scancel')).toEqual(Array(3).fill('--clusters=west 4711'));
});
