/** A suite on a real Slurm cluster of three nodes, with a node that goes down, an element that dies and one that is requeued. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noCluster, startCluster, type ThrowawayCluster } from './throwaway-cluster.ts';

const tsx = createRequire(import.meta.url).resolve('tsx');
const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const suite = fileURLToPath(new URL('../../../benchmarks/fewshot.ts', import.meta.url));
const why = noCluster();

describe.skipIf(why !== undefined)(
  `on a Slurm cluster${why === undefined ? '' : ` (skipped: ${why})`}`,
  () => {
    const root = mkdtempSync(join(tmpdir(), 'clce-slurm-'));
    const ledger = join(root, 'runs');
    let cluster: ThrowawayCluster;
    beforeAll(async () => {
      cluster = await startCluster(join(root, 'cluster'));
    }, 60_000);
    afterAll(() => {
      cluster.stop();
      rmSync(root, { recursive: true, force: true });
    });

    const clce = (...words: string[]) =>
      execa(process.execPath, ['--import', tsx, main, ...words], {
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

    /** Indices of the elements that run, with the node of each. */
    async function running(): Promise<[index: string, node: string][]> {
      const lines = await cluster.slurm(
        'squeue',
        '--noheader',
        '--array',
        '--states',
        'RUNNING',
        '--format',
        '%K %N',
      );
      return lines
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split(' ') as [string, string]);
    }

    /** The first submission of a ledger, once Slurm has accepted it. */
    async function accepted(folder: string): Promise<string> {
      const root = join(folder, '.slurm');
      for (let tries = 0; tries < 240; tries++) {
        const [id] = existsSync(root) ? readdirSync(root) : [];
        if (id !== undefined && existsSync(join(root, id, 'job.json'))) return id;
        await pause(250);
      }
      throw new Error(`Slurm accepted nothing of ${folder}`);
    }

    /** An element on that node that has got as far as its cell, and its process. */
    async function atWork(node: string): Promise<{ index: string; pid: number }> {
      const claims = join(ledger, '.claims');
      for (let tries = 0; tries < 240; tries++) {
        for (const name of existsSync(claims) ? readdirSync(claims) : []) {
          if (!name.endsWith('.json')) continue;
          try {
            const { pid } = JSON.parse(readFileSync(join(claims, name), 'utf8')) as { pid: number };
            const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
            const index = environment
              .find((entry) => entry.startsWith('SLURM_ARRAY_TASK_ID='))
              ?.split('=')[1];
            if (index !== undefined && environment.includes(`SLURMD_NODENAME=${node}`)) return { index, pid };
          } catch {
            // It has just ended.
          }
        }
        await pause(250);
      }
      throw new Error(`no element is at work on ${node}`);
    }

    it('a suite ends with the local table, whatever happens to nodes and elements', async () => {
      const local = await bench(join(root, 'local'), 'local.csv');
      expect(local.exitCode, local.stderr).toBe(0);

      const first = bench(ledger, 'slurm.csv', ...slurm);
      const submission = await accepted(ledger);
      const { job } = JSON.parse(readFileSync(join(ledger, '.slurm', submission, 'job.json'), 'utf8')) as {
        job: string;
      };

      process.kill((await atWork('n1')).pid, 'SIGKILL');
      await cluster.slurm('scontrol', 'requeue', `${job}_${(await atWork('n2')).index}`);
      await atWork('n3');
      await cluster.slurm('scontrol', 'update', 'nodename=n3', 'state=down', 'reason=test');

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
      const second = await bench(ledger, 'slurm.csv', ...slurm);
      // The element that was killed left the queue without a result before the second look; it is submitted again.
      expect(second.stderr).toMatch(/cells are in the queue already/);
      expect(second.exitCode, second.stderr).toBe(0);
      expect(readFileSync(join(root, 'slurm.csv'), 'utf8')).toBe(
        readFileSync(join(root, 'local.csv'), 'utf8'),
      );

      // A result of other code than that of this checkout is computed again, and it alone.
      const [outdated] = readdirSync(ledger).filter((key) => provenanceOf(key)?.includes('"graph"'));
      writeFileSync(
        join(ledger, outdated!, 'provenance.json'),
        provenanceOf(outdated!)!.replace(/"(graph|sources)": "\w+"/g, '"$1": "other"'),
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
    }, 600_000);

    it('a submission can be cancelled, and says what it left', async () => {
      const folder = join(root, 'cancelled');
      const waiting = bench(folder, 'never.csv', ...slurm, '--slurm.time', '10');
      const submission = await accepted(folder);
      for (let tries = 0; tries < 240 && (await running()).length === 0; tries++) await pause(250);
      waiting.kill('SIGINT');
      await waiting;
      const { stdout } = await clce('cluster', 'cancel', submission, '--ledger', folder);
      expect(stdout).toMatch(/^cancelled .*, job \d+$/);
      for (let tries = 0; tries < 60 && (await running()).length > 0; tries++) await pause(500);
      expect((await clce('cluster', 'status', '--ledger', folder)).stdout).toMatch(
        /0 pending, 0 running, .* lost$/,
      );
      expect((await clce('cluster', 'cancel', 'nothing', '--ledger', folder)).stderr).toMatch(
        /^error: .* has no submission nothing\. Known: \S+$/m,
      );
    }, 120_000);
  },
);
