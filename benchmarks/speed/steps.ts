/**
 * Seconds and peak memory of a training step of every loss, Conv-4 on images of 32 × 32, in batches of 64 and of 512. Each
 * measurement runs in its own process; the losses take turns, so that a change of the machine's speed affects all of them. The memory
 * is that of the whole process.
 */
import { getLoss, lossNames } from '@clce/losses';
import { show, spread } from './measuring/interleave.ts';
import { runProgram } from './measuring/program.ts';

const BATCHES = [64, 512] as const;

interface Report {
  readonly ms: number;
  readonly peakMB: number;
}

/** @param group contrastive group of the losses that have a contrastive term; the whole batch where absent */
export async function benchSteps(options: {
  readonly rounds: number;
  readonly group?: number;
}): Promise<void> {
  console.log('loss               batch  seconds a step (min … max)     MB at most');
  for (const batch of BATCHES) {
    const reports = new Map<string, Report[]>(lossNames.map((name) => [name, []]));
    for (let round = 0; round < options.rounds; round++) {
      for (const [name, ofLoss] of reports) ofLoss.push(await run(name, batch, options.group));
    }
    for (const [name, ofLoss] of reports) {
      const seconds = spread(ofLoss.map(({ ms }) => ms / 1000));
      const megabytes = Math.max(...ofLoss.map(({ peakMB }) => peakMB));
      console.log(
        `${getLoss(name).title.padEnd(18)} ${String(batch).padStart(5)}  ${show(seconds, 3).padEnd(26)} ${String(megabytes).padStart(14)}`,
      );
    }
  }
}

function run(loss: string, batch: number, group?: number): Promise<Report> {
  return runProgram<Report>(new URL('./steps-program.ts', import.meta.url), [
    loss,
    String(batch),
    ...(group === undefined ? [] : [String(group)]),
  ]);
}
