#!/usr/bin/env node
/** The `clce` command. */
import { UserError } from '@clce/registry';
import { Command, CommanderError } from 'commander';
import { InterruptedError } from './run-error.ts';
import { listenForStops, stopCode } from './stopping.ts';

listenForStops();

type AddCommands = (program: Command) => void;

const results = async () => (await import('./results-commands.ts')).addResultsCommands;
const ledger = async () => (await import('./ledger-commands.ts')).addLedgerCommands;
const cluster = async () => (await import('./cluster-commands.ts')).addClusterCommands;

/** By the first word. What reads results starts in a moment, because it loads no engine. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommands>>> = {
  bench: async () => (await import('./bench-command.ts')).addBenchCommand,
  loss: async () => (await import('./loss-command.ts')).addLossCommand,
  backbone: async () => (await import('./backbone-command.ts')).addBackboneCommand,
  data: async () => (await import('./data-command.ts')).addDataCommand,
  'export-graph': async () => (await import('./export-graph-command.ts')).addExportGraphCommand,
  doctor: async () => (await import('./doctor-command.ts')).addDoctorCommand,
  new: async () => (await import('./new-command.ts')).addNewCommand,
  table: results,
  claims: results,
  trace: results,
  query: results,
  status: ledger,
  show: ledger,
  logs: ledger,
  why: ledger,
  rm: ledger,
  gc: ledger,
  cluster,
  'run-cell': cluster,
};

const program = new Command('./clce')
  .description('Does CLCE beat cross-entropy? Runs the suites and makes the tables.')
  .showSuggestionAfterError()
  .exitOverride();

try {
  const wanted = COMMANDS[process.argv[2] ?? ''];
  const needed = wanted === undefined ? [...new Set(Object.values(COMMANDS))] : [wanted];
  for (const load of needed) (await load())(program);
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
  console.error(ofUser ? `error: ${error.message}` : error);
  return 1;
}
