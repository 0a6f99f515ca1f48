#!/usr/bin/env node
/** The `clce` command. */
import { UserError } from '@clce/registry';
import { visible } from '@clce/text';
import { Command, CommanderError } from 'commander';
import { addBackboneCommand } from './commands/backbone.ts';
import { addBenchCommand } from './commands/bench.ts';
import { addClusterCommands } from './commands/cluster.ts';
import { addCompareCommand } from './commands/compare.ts';
import { addDataCommand } from './commands/data.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addExportGraphCommand } from './commands/export-graph.ts';
import { addLedgerCommands } from './commands/ledger.ts';
import { addLossCommand } from './commands/loss.ts';
import { addNewCommand } from './commands/new.ts';
import { addPowerCommand } from './commands/power.ts';
import { addResultsCommands } from './commands/results.ts';
import { showControlCharacters } from './print/visible-console.ts';
import { InterruptedError } from './run/run-error.ts';
import { listenForStops, stopCode } from './run/stopping.ts';
import { addPredictCommand } from './trained/command.ts';

listenForStops();
showControlCharacters();

const program = new Command('./clce')
  .description('Does CLCE beat cross-entropy? Runs the suites and makes the tables.')
  .showSuggestionAfterError()
  .configureOutput({ writeErr: (text) => void process.stderr.write(visible(text)) })
  .exitOverride();
addBenchCommand(program);
addCompareCommand(program);
addPredictCommand(program);
addBackboneCommand(program);
addDataCommand(program);
addExportGraphCommand(program);
addDoctorCommand(program);
addNewCommand(program);
addLossCommand(program);
addResultsCommands(program);
addPowerCommand(program);
addLedgerCommands(program);
addClusterCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** An interruption and mistakes of the user are one line; anything else shows where it came from. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof InterruptedError) {
    console.error(error.message);
    return stopCode();
  }
  const ofUser = error instanceof UserError || (error instanceof Error && 'code' in error);
  console.error(ofUser ? `error: ${messageOf(error)}` : error);
  return 1;
}

/** What the system says of a file, in words. */
function messageOf(error: Error): string {
  const { code, path } = error as NodeJS.ErrnoException;
  if (path === undefined) return error.message;
  switch (code) {
    case 'ENOENT':
      return `there is no file ${path}`;
    case 'EISDIR':
      return `${path} is a folder; expected a file`;
    case 'EACCES':
      return `${path} may not be read or written by this user`;
    default:
      return error.message;
  }
}
