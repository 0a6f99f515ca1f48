export { type Cell, cellKey } from './cell.ts';
export { etaEstimator } from './eta.ts';
export { findResult, type WhyOutdated } from './find-result.ts';
export type { JournalEntry } from './journal.ts';
export { type Lease, openLeases } from './leases/leases.ts';
export type { Owner } from './leases/owner.ts';
export { type Ledger, openLedger } from './ledger.ts';
export {
  cellsIn,
  type NamedPath,
  removeCellFiles,
  removeLeftovers,
  type SurveyedCell,
  type SurveyOptions,
  surveyCells,
  surveyLedger,
  withLease,
} from './leftovers.ts';
export { type CellEvent, type CellOutcome, runCells } from './local-executor.ts';
export { type MachineLimits, machineLimits } from './machine/limits.ts';
export { PORTABLE, processorKind } from './machine/processor.ts';
export { addPacks } from './pack/add-packs.ts';
export { packCells, resultsIn } from './pack/pack-cells.ts';
export { readPackHead } from './pack/pack-file.ts';
export { describeEnvironment, faultOfProvenance, type Provenance } from './provenance.ts';
export { type OpenIndex, openResultIndex } from './result-index.ts';
export { brokenFileLine } from './sealed-files.ts';
export * from './slurm/index.ts';
export { processRunner, type WorkerRun, type WorkerTrial } from './worker-pool.ts';
