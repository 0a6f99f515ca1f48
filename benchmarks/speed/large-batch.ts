/**
 * Compares an exact batch of 4096 in micro-batches of 64 with a plain batch of 64: time an image and peak memory. Each
 * measurement runs in its own process, one after the other. A test checks that the gradients are equal
 * (packages/losses/src/testing/gradient-cache.test.ts).
 */
import { interleave, show } from './measuring/interleave.ts';
import { runProgram } from './measuring/program.ts';

const MICRO_BATCH = 64;
const BATCH = 4096;

export async function benchLargeBatch({ rounds }: { readonly rounds: number }): Promise<void> {
  const memory = { large: 0, plain: 0 };
  const { ours: large, peer: plain } = await interleave(
    rounds,
    async () => remember('large', await run(BATCH)),
    async () => remember('plain', await run(MICRO_BATCH)),
  );
  const time = large.median / plain!.median;
  console.log(
    `ViT 192×6, CLCE               ms an image              MB at most\n` +
      `plain batch of ${MICRO_BATCH}             ${show(plain!, 2).padEnd(24)} ${memory.plain}\n` +
      `batch of ${BATCH} in parts of ${MICRO_BATCH}  ${show(large, 2).padEnd(24)} ${memory.large}\n` +
      `ratio                         ${time.toFixed(2).padEnd(24)} ${(memory.large / memory.plain).toFixed(2)}`,
  );

  function remember(kind: keyof typeof memory, report: Report): Report {
    memory[kind] = Math.max(memory[kind], report.peakMB);
    return report;
  }
}

interface Report {
  readonly ms: number;
  readonly peakMB: number;
}

function run(batch: number): Promise<Report> {
  return runProgram(new URL('./large-batch-program.ts', import.meta.url), [
    String(batch),
    String(MICRO_BATCH),
  ]);
}
