/** A suite on a real Slurm cluster of three nodes, with a node that goes down, an element that dies and one that is requeued. */
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { seal, unseal } from '@clce/files';
import { type Lease, openLeases } from '@clce/runner';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storedProvenance } from '../stored/table-files.ts';
import { start, fewshot as suite } from '../testing/bench-runs.ts';
import { noCluster, startCluster, type ThrowawayCluster } from '../testing/throwaway-cluster.ts';

const why = noCluster();

describe.skipIf(why !== undefined)(
  `on a Slurm cluster${why === undefined ? '' : ` (skipped: ${why})`}`,
  () => {
    const root = mkdtempSync(join(tmpdir(), 'clce-slurm-'));
    const ledger = join(root, 'runs');
    let cluster: ThrowawayCluster;
    beforeAll(async () => {
      cpSync(process.env['CLCE_TEST_FEW_ICONS']!, join(root, 'data'), { recursive: true });
      cluster = await startCluster(join(root, 'cluster'));
      const local = await bench(join(root, 'local'), 'local.csv');
      expect(local.exitCode, local.stderr).toBe(0);
    });
    afterAll(() => {
      cluster.stop();
      rmSync(root, { recursive: true, force: true });
    });

    const clce = (...words: string[]) =>
      execa(process.execPath, [start, ...words], {
        reject: false,
        stdin: 'ignore',
        env: cluster.env,
      });

    /** Twelve cells and the baseline, of a few seconds each. */
    function bench(folder: string, out: string, ...flags: string[]) {
      const settings = ['recipe.budget.steps=60', 'recipe.warmup=0', 'protocol.episodes=5', 'imageSize=16'];
      const cells = ['--losses', 'ce,clce', '--seeds', '0,1,2,3,4,5', '--snapshot-every', '0.01'];
      const places = ['--data', join(root, 'data'), '--ledger', folder, '--out', join(root, out)];
      return clce(
        'bench',
        suite,
        ...cells,
        ...settings.flatMap((one) => ['--set', one]),
        ...places,
        ...flags,
      );
    }

    function provenanceOf(key: string): string | undefined {
      const file = join(ledger, key, 'provenance.json');
      return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    }

    const slurm = ['--executor', 'slurm', '--slurm.cpus-per-task', '2', '--slurm.partition', 'main'];

    /** Index, state and node of each element in the queue. */
    async function queue(): Promise<{ index: string; state: string; node: string }[]> {
      const lines = await cluster.slurm('squeue', '--noheader', '--array', '--format', '%K %T %N');
      return lines
        .split('\n')
        .filter(Boolean)
        .map((line) => {
          const [index = '', state = '', node = ''] = line.split(' ');
          return { index, state, node };
        });
    }

    const running = async () => (await queue()).filter(({ state }) => state === 'RUNNING');

    /** Looks again and again: what does not come is a hang. */
    async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
      for (;;) {
        const found = await look();
        if (found !== undefined) return found;
        await pause(250);
      }
    }

    /** The first submission of a ledger, once Slurm has accepted it. */
    function accepted(folder: string): Promise<string> {
      const root = join(folder, '.slurm');
      return until(() => {
        const [id] = existsSync(root) ? readdirSync(root) : [];
        return id !== undefined && existsSync(join(root, id, 'job.json')) ? id : undefined;
      });
    }

    /** Stops an element on that node that has got as far as its cell, so that it is still there when it is dealt with. */
    function stopped(node: string): Promise<{ index: string; pid: number }> {
      const leases = join(ledger, '.leases');
      return until(() => {
        for (const name of existsSync(leases) ? readdirSync(leases) : []) {
          if (!name.endsWith('.json')) continue;
          try {
            const { pid } = JSON.parse(readFileSync(join(leases, name), 'utf8')) as { pid: number };
            const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
            const index = environment
              .find((entry) => entry.startsWith('SLURM_ARRAY_TASK_ID='))
              ?.split('=')[1];
            if (index === undefined || !environment.includes(`SLURMD_NODENAME=${node}`)) continue;
            process.kill(pid, 'SIGSTOP');
            return { index, pid };
          } catch {
            // It has just ended.
          }
        }
        return undefined;
      });
    }

    /** Computes the last cell, as far as others can tell, until it is released: the suite does not end before. */
    async function holdLast(folder: string): Promise<Lease> {
      const { cells } = (await storedProvenance(join(root, 'local.provenance.json')))!;
      const attempt = await openLeases({ directory: folder }).acquire(cells.at(-1)!.key);
      if (attempt.state !== 'leased') throw new Error(`held by process ${attempt.owner?.pid}`);
      return attempt.lease;
    }

    it('a suite ends with the local table, whatever happens to nodes and elements', async () => {
      const held = await holdLast(ledger);
      const first = bench(ledger, 'slurm.csv', ...slurm);
      const submission = await accepted(ledger);
      const { job } = JSON.parse(readFileSync(join(ledger, '.slurm', submission, 'job.json'), 'utf8')) as {
        job: string;
      };

      const [one, two] = [await stopped('n1'), await stopped('n2')];
      await stopped('n3');
      process.kill(one.pid, 'SIGKILL');
      await cluster.slurm('scontrol', 'requeue', `${job}_${two.index}`);
      await cluster.slurm('scontrol', 'update', 'nodename=n3', 'state=down', 'reason=test');
      await until(async () => ((await queue()).some(({ index }) => index === one.index) ? undefined : true));

      // The submitting process goes away; the cluster goes on, and another process comes back to it.
      first.kill('SIGINT');
      expect((await first).stderr).toMatch(/the cluster goes on; the same command comes back to it/);
      expect((await clce('cluster', 'status', '--ledger', ledger)).stdout).toMatch(
        new RegExp(
          `^${submission}  job ${job}: .*\\d+ pending, \\d+ running, \\d+ done, 0 failed, \\d lost$`,
          'm',
        ),
      );
      // n3 comes back by itself: its daemon registers again.
      const back = bench(ledger, 'slurm.csv', ...slurm);
      // The element that was killed has left the queue without a result; it is submitted again.
      await once(createInterface({ input: back.stderr }), 'line');
      await held.release();
      const second = await back;
      expect(second.stderr).toMatch(/cells are in the queue already/);
      expect(second.exitCode, second.stderr).toBe(0);
      expect(readFileSync(join(root, 'slurm.csv'), 'utf8')).toBe(
        readFileSync(join(root, 'local.csv'), 'utf8'),
      );

      // A result of other code than that of this checkout is computed again, and it alone.
      const [outdated] = readdirSync(ledger).filter((key) => provenanceOf(key)?.includes('"graph"'));
      writeFileSync(
        join(ledger, outdated!, 'provenance.json'),
        seal(outdated!, { ...unseal(provenanceOf(outdated!)!, outdated!), graph: 'other', sources: 'other' }),
      );
      const third = await bench(ledger, 'slurm.csv', ...slurm);
      expect(third.exitCode, third.stderr).toBe(0);
      expect(third.stderr.match(/has changed since this result; the cell is computed again/g)).toHaveLength(
        1,
      );
      expect(third.stderr).toMatch(/^job \d+ \(.*\): 1 cells$/m);
      expect(provenanceOf(outdated!)).not.toContain('other');
      expect(readFileSync(join(root, 'slurm.csv'), 'utf8')).toBe(
        readFileSync(join(root, 'local.csv'), 'utf8'),
      );

      const logs = join(ledger, '.slurm', submission, 'logs');
      expect(readdirSync(logs).length).toBe(13);
      const collected = await clce('cluster', 'collect', submission, '--ledger', ledger);
      expect(collected.stdout.match(/ {2}done {5}/g)).toHaveLength(13);
    });

    it('a submission can be cancelled, and says what it left', async () => {
      const folder = join(root, 'cancelled');
      await holdLast(folder);
      const waiting = bench(folder, 'never.csv', ...slurm, '--slurm.time', '10');
      const submission = await accepted(folder);
      await until(async () => (await running())[0]);
      waiting.kill('SIGINT');
      await waiting;
      const { stdout } = await clce('cluster', 'cancel', submission, '--ledger', folder);
      expect(stdout).toMatch(/^cancelled .*, job \d+$/);
      await until(async () => ((await queue()).length > 0 ? undefined : true));
      expect((await clce('cluster', 'status', '--ledger', folder)).stdout).toMatch(
        /0 pending, 0 running, .* lost$/,
      );
      expect((await clce('cluster', 'cancel', 'nothing', '--ledger', folder)).stderr).toMatch(
        /^error: .* has no submission nothing\. Known: \S+$/m,
      );
    });
  },
);
