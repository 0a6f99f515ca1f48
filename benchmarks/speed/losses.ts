/**
 * Compares the losses alone with peers/losses.py: value and gradient with respect to embeddings [n, 128] and logits. Each
 * measurement runs in its own process, one after the other. `extra` is the peak memory beyond that of the same program at
 * the smallest batch.
 */
import { interleave, type Measured, show } from './measuring/interleave.ts';
import { peerMissing, runPeer } from './measuring/peer.ts';
import { runProgram } from './measuring/program.ts';

const LOSSES = { 'cross-entropy': 'ce', supcon: 'ce+supcon', clce: 'clce' } as const;
const BATCHES = [64, 1024, 4096] as const;

export async function benchLosses({ rounds }: { readonly rounds: number }): Promise<void> {
  const missing = await peerMissing();
  if (missing !== undefined) console.log(`peer skipped: ${missing}`);
  console.log(
    'loss            batch  ours, ms (min … max)       peer, ms (min … max)       peer / ours               extra MB: ours  peer',
  );
  for (const [peerName, name] of Object.entries(LOSSES)) {
    const least = { ours: 0, peer: 0 };
    for (const batch of BATCHES) {
      const most = { ours: 0, peer: 0 };
      const remember = (who: keyof typeof most, report: Report) => {
        most[who] = Math.max(most[who], report.peakMB);
        return report;
      };
      const { ours, peer, ratio } = await interleave(
        rounds,
        async () =>
          remember(
            'ours',
            await runProgram<Report>(new URL('./losses-program.ts', import.meta.url), [name, String(batch)]),
          ),
        missing === undefined
          ? async () => remember('peer', await runPeer('losses', [peerName, String(batch)]))
          : undefined,
      );
      if (batch === BATCHES[0]) Object.assign(least, most);
      const columns = [show(ours, 2), peer ? show(peer, 2) : '–', ratio ? show(ratio, 2) : '–'];
      const extra =
        `${most.ours - least.ours}`.padStart(14) + `${peer ? most.peer - least.peer : '–'}`.padStart(6);
      console.log(
        `${name.padEnd(14)} ${String(batch).padStart(6)}  ${columns.map((text) => text.padEnd(25)).join('  ')}${extra}`,
      );
    }
  }
}

interface Report extends Measured {
  readonly peakMB: number;
}
