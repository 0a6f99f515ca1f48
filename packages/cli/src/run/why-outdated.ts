import { type CellSpec, judge, withSides } from '@clce/experiments';
import type { Cell, Ledger, WhyOutdated } from '@clce/runner';
import { loadDataset } from './load-dataset.ts';

/**
 * Judges the results of a ledger by the code of this process. Where sources have changed and a graph has not, the ledger notes
 * it, so that the next run has no graph to trace.
 */
export function outdatedBy(ledger: Ledger<unknown>, dataRoot: string): WhyOutdated<Cell<CellSpec>> {
  return async ({ key, spec }, provenance) => {
    const { name, imageSize, split } = spec.dataset;
    const recorded = await ledger.readCode(key, provenance);
    const verdict = await judge(spec, recorded, async () =>
      withSides(await loadDataset(name, dataRoot, imageSize), split),
    );
    if (verdict.state === 'same-graph') await ledger.writeSources(key, verdict.code);
    return verdict.state === 'changed' ? verdict.reason : null;
  };
}
