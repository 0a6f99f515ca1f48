/**
 * A suite on a real Slurm cluster whose commands print a site's messages and fail from time to time, whose arrays are short, and
 * whose ledger has an awkward path. The suite has a loss and a data set of the user's.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start } from '../testing/bench-runs.ts';
import { writeColours } from '../testing/colours.ts';
import { noCluster, startCluster, type ThrowawayCluster } from '../testing/throwaway-cluster.ts';

const why = noCluster();

/** Every third call fails, and an answer has the site's messages around it. `$call` is the number of the call, from 1. */
const BUSY = 'echo "slurm_load_jobs error: Socket timed out on send/recv operation" >&2; exit 1';
const COMMANDS = {
  // The first request is accepted, and its answer is lost. The second one is refused.
  sbatch: `[ $call -eq 1 ] && { "$real" "$@" > /dev/null; ${BUSY}; }; [ $call -eq 2 ] && { ${BUSY}; }`,
  squeue: `[ $((call % 3)) -eq 2 ] && { ${BUSY}; }`,
  scontrol: `[ $call -eq 1 ] && { ${BUSY}; }`,
};

describe.skipIf(why !== undefined)(
  `on a Slurm cluster that is not to be relied on${why === undefined ? '' : ` (skipped: ${why})`}`,
  () => {
    const root = mkdtempSync(join(tmpdir(), 'clce-slurm-'));
    /** The user's folder. */
    const home = join(root, `it's my "100%jobs" #1`);
    const ledger = join(home, 'runs');
    const commands = join(root, 'commands');
    let cluster: ThrowawayCluster;

    const clce = (env: Readonly<Record<string, string>>, ...words: string[]) =>
      execa(process.execPath, [start, ...words], {
        cwd: home,
        reject: false,
        stdin: 'ignore',
        env,
      });
    const onCluster = (...words: string[]) =>
      clce({ ...cluster.env, PATH: `${commands}${delimiter}${process.env['PATH']}` }, ...words);

    /** Six cells and a baseline of the user's data set and loss. */
    const flagsOf = (out: string) => {
      const settings = ['imageSize=16', 'recipe.budget.steps=2', 'recipe.warmup=0', 'protocol.episodes=5'];
      const own = ['--loss-file', 'mine.ts', '--dataset-file', 'colours.ts'];
      const cells = [
        '--datasets',
        'colours',
        '--losses',
        'ce,mine',
        '--seeds',
        '0,1,2',
        '--batch-sizes',
        '16',
      ];
      const places = ['--data', 'data', '--out', out];
      return ['bench', 'fewshot', ...own, ...cells, ...settings.flatMap((one) => ['--set', one]), ...places];
    };
    const slurm = ['--executor', 'slurm', '--slurm.cpus-per-task', '2', '--slurm.partition', 'main'];

    beforeAll(async () => {
      mkdirSync(home);
      mkdirSync(commands);
      cpSync(process.env['CLCE_TEST_FEW_ICONS']!, join(home, 'data'), { recursive: true });
      for (const [name, script] of Object.entries(COMMANDS)) {
        const file = join(commands, name);
        const lines = [
          '#!/bin/bash',
          `real=/usr/bin/${name}; calls='${join(root, name)}.calls'`,
          'echo "$*" >> "$calls"; call=$(wc -l < "$calls")',
          'echo "*** 4711 ***"; echo "Maintenance on 12 May"',
          script,
          '"$real" "$@"; code=$?',
          'echo "80 % of your 100 TB are used"; exit $code',
        ];
        writeFileSync(file, `${lines.join('\n')}\n`);
        chmodSync(file, 0o755);
      }
      cluster = await startCluster(join(root, 'cluster'), ['MaxArraySize=5']);
      await clce({}, 'new', 'loss', 'mine');
      await clce({}, 'new', 'dataset', 'colours');
      writeColours(join(home, 'colours'));
      const local = await clce({}, ...flagsOf('local.csv'), '--ledger', 'local');
      expect(local.exitCode, local.stderr).toBe(0);
    });
    afterAll(() => {
      cluster.stop();
      rmSync(root, { recursive: true, force: true });
    });

    it('a suite ends with the local table, and no cell is submitted twice', async () => {
      const { exitCode, stderr } = await onCluster(...flagsOf('slurm.csv'), '--ledger', 'runs', ...slurm);
      expect(exitCode, stderr).toBe(0);
      expect(readFileSync(join(home, 'slurm.csv'), 'utf8')).toBe(
        readFileSync(join(home, 'local.csv'), 'utf8'),
      );
      expect(stderr.match(/^job \d+ \(.*\): \d cells$/gm)?.map((line) => line.split(': ')[1])).toEqual([
        '5 cells',
        '2 cells',
      ]);
      expect(stderr).toMatch(/^warning: .*Socket timed out/m);
      const jobs = await cluster.slurm(
        'squeue',
        '--noheader',
        '--states=all',
        '--array',
        '--format',
        '%F_%K',
      );
      expect(
        jobs
          .split('\n')
          .sort()
          .map((line) => line.split('_')[1]),
      ).toEqual([...['0', '1', '2', '3', '4'], ...['0', '1']]);
      const submissions = join(ledger, '.slurm');
      const logs = readdirSync(submissions).map((id) => readdirSync(join(submissions, id, 'logs')).sort());
      expect(logs.sort((a, b) => b.length - a.length)).toEqual([
        ['0.log', '1.log', '2.log', '3.log', '4.log'],
        ['0.log', '1.log'],
      ]);
    });

    it('a job that stays pending is said with its reason', async () => {
      const held = onCluster(...flagsOf('never.csv'), '--ledger', 'held', ...slurm, '--slurm.line=--hold');
      const lines: string[] = [];
      for await (const line of createInterface({ input: held.stderr })) {
        lines.push(line);
        if (line.includes('JobHeldUser')) break;
      }
      held.kill('SIGINT');
      await held;
      expect(lines.at(-1)).toMatch(/^7 cells are pending: JobHeldUser \("squeue --jobs=\d+,\d+" has more\)$/);
      const ids = readdirSync(join(home, 'held', '.slurm'));
      await onCluster('cluster', 'cancel', ...ids, '--ledger', 'held');
      const { stdout } = await onCluster('cluster', 'status', '--ledger', 'held');
      expect(stdout.match(/0 pending, 0 running, 0 done, 0 failed, [52] lost$/gm)).toHaveLength(2);
      expect(existsSync(join(home, 'never.csv'))).toBe(false);
    });
  },
);
