#!/usr/bin/env node
/** The `clce` command. */
import { DatasetError } from '@clce/datasets';
import { EngineError } from '@clce/engine';
import { ResultsError, SuiteError } from '@clce/experiments';
import { FileWriteError } from '@clce/files';
import { SlurmError } from '@clce/runner';
import { Command, CommanderError } from 'commander';
import { addBenchCommand } from './bench-command.ts';
import { addClusterCommands } from './cluster-commands.ts';
import { addDataCommand } from './data-command.ts';
import { addLedgerCommands } from './ledger-commands.ts';
import { addNewCommand } from './new-dataset-command.ts';
import { addResultsCommands } from './results-commands.ts';
import { RunError } from './run-error.ts';

const program = new Command('clce')
  .description('Does CLCE beat cross-entropy? Runs the suites and makes the tables.')
  .showSuggestionAfterError()
  .exitOverride();
addBenchCommand(program);
addDataCommand(program);
addLedgerCommands(program);
addClusterCommands(program);
addNewCommand(program);
addResultsCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Mistakes of the user are one line; anything else shows where it came from. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode;
  const expected = [
    DatasetError,
    EngineError,
    FileWriteError,
    RangeError,
    ResultsError,
    RunError,
    SlurmError,
    SuiteError,
  ].some((kind) => error instanceof kind);
  const system = error instanceof Error && 'code' in error;
  if (error instanceof Error && (expected || system)) console.error(`error: ${error.message}`);
  else console.error(error);
  return 1;
}
