export { type Cell, cellKey } from './cell.ts';
export { type EtaEstimator, etaEstimator } from './eta.ts';
export { type FoundResult, findResult, type WhyOutdated } from './find-result.ts';
export type { JournalEntry } from './journal.ts';
export {
  type Lease,
  type LeaseAttempt,
  type Leases,
  type LeasesOptions,
  openLeases,
} from './leases/leases.ts';
export type { Owner } from './leases/owner.ts';
export {
  type BrokenFile,
  brokenFileLine,
  type CellRecord,
  type Failure,
  type Ledger,
  type LedgerOptions,
  openLedger,
  type ReadResult,
} from './ledger.ts';
export {
  type CellState,
  cellsIn,
  type LedgerSurvey,
  type NamedPath,
  removeCellFiles,
  removeLeftovers,
  type SurveyedCell,
  type SurveyOptions,
  surveyCells,
  surveyLedger,
  withLease,
} from './leftovers.ts';
export {
  type CellContext,
  type CellEvent,
  type CellOutcome,
  type Progress,
  type RunCell,
  type RunCellsOptions,
  runCells,
} from './local-executor.ts';
export { type MachineLimits, machineLimits } from './machine/limits.ts';
export {
  describeEnvironment,
  type Environment,
  faultOfProvenance,
  type Provenance,
} from './provenance.ts';
export * from './slurm/index.ts';
export {
  type ProcessRunner,
  type ProcessRunnerOptions,
  processRunner,
  type WorkerRun,
} from './worker-pool.ts';
