/** `clce bench SUITE`: runs what the ledger does not hold yet, then makes the table. */

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  applyOverrides,
  checkPreset,
  findPreset,
  type Overrides,
  type Preset,
  parsePresetFile,
  type Suite,
  SuiteError,
  titleOf,
  weightSources,
} from '@clce/experiments';
import { writeFile } from '@clce/files';
import { type Command, Option } from 'commander';
import { addSlurmOptions, type SlurmFlags, slurmOptions } from './cluster-commands.ts';
import {
  ledgerOption,
  list,
  minutes,
  positiveNumber,
  repeated,
  wholeNumber,
  wholeNumbers,
} from './options.ts';
import { planCells, prepareDatasets } from './plan.ts';
import { beside, writeReport } from './report-files.ts';
import { runOnSlurm } from './run-on-slurm.ts';
import { runPlan, type TracedCell } from './run-plan.ts';
import { terminalQualities, terminalTable, terminalTrends } from './terminal-table.ts';
import { comparisonLines } from './verdicts.ts';

interface BenchOptions extends Overrides, SlurmFlags {
  readonly preset?: string;
  readonly config?: string;
  readonly data: string;
  readonly ledger: string;
  readonly out?: string;
  readonly workers: number;
  readonly dryRun?: boolean;
  readonly saveWeights?: boolean;
  readonly dataWorkers: number;
  readonly json?: boolean;
  readonly snapshotEvery: number;
  readonly executor: 'local' | 'slurm';
}

export function addBenchCommand(program: Command): void {
  const command = program
    .command('bench')
    .description('run a suite and make its table')
    .argument('<suite>', 'file that exports a suite, such as benchmarks/fewshot.ts')
    .option('--preset <name>', 'one of the presets of the suite (default: the suite’s own default)')
    .option('--config <file>', 'YAML with entries of a preset, in place of the preset’s; flags go before it')
    .option('--datasets <names>', 'comma-separated, instead of the preset’s', list)
    .option('--backbones <names>', 'comma-separated, instead of the preset’s', list)
    .option('--losses <names>', 'comma-separated, instead of the preset’s; the first is the reference', list)
    .option('--seeds <numbers>', 'comma-separated, instead of the preset’s', wholeNumbers)
    .option('--batch-sizes <numbers>', 'comma-separated, instead of the preset’s', wholeNumbers)
    .addOption(
      new Option(
        '--weights <backbone=file>',
        'pretrained weights (safetensors, .pth, .tflite) to start from; repeatable',
      ).argParser(repeated),
    )
    .addOption(
      new Option(
        '--frozen <name=model.onnx>',
        'an ONNX model that is evaluated as it is; what its shapes do not tell goes into --config; repeatable',
      ).argParser(repeated),
    )
    .option('--engine <name>', 'onnx, or cpu (slow: the oracle)')
    .addOption(
      new Option(
        '--set <path=value>',
        'any other entry: recipe.budget.steps=100, loss.lambda=0.5; repeatable',
      ).argParser(repeated),
    )
    .option('--data <folder>', 'where data sets land', 'datasets')
    .addOption(ledgerOption())
    .option('--out <file>', 'the CSV file (default: results/SUITE.csv)')
    .option('--workers <n>', 'cells that run at once, each on its share of the cores', positiveNumber, 2)
    .option('--data-workers <n>', 'threads of each cell that make batches while it trains', wholeNumber, 1)
    .option('--snapshot-every <minutes>', 'how often a cell in training is saved, to go on from', minutes, 5)
    .option(
      '--save-weights',
      'leave the trained weights of each cell that is computed beside its result, for PyTorch (safetensors)',
    )
    .option('--json', 'events as JSON lines on standard output, in place of progress and tables')
    .option('--dry-run', 'list the cells and stop')
    .addOption(
      new Option('--executor <name>', 'where cells run').choices(['local', 'slurm']).default('local'),
    )
    .action(bench);
  addSlurmOptions(command);
}

async function bench(file: string, options: BenchOptions): Promise<void> {
  const suite = await loadSuite(file);
  const preset = await configuredPreset(findPreset(suite, options.preset), options);
  const datasets = await prepareDatasets(preset, options.data);
  const sources = [...(await weightSources(preset))];
  const weights = new Map(sources.map(([name, { hash }]) => [name, hash]));
  const plan = planCells(preset, datasets, weights);
  if (options.dryRun === true) {
    for (const { key, label } of plan) console.log(`${key.slice(0, 12)}  ${label}`);
    console.log(`${plan.length} cells`);
    return;
  }
  const settings = {
    ledger: options.ledger,
    data: options.data,
    workers: options.workers,
    json: options.json === true,
    snapshotMs: 60_000 * options.snapshotEvery,
    dataWorkers: options.dataWorkers,
    saveWeights: options.saveWeights === true,
    weightFiles: Object.fromEntries(sources.map(([, { file, hash }]) => [hash, file])),
  };
  const finished =
    options.executor === 'slurm'
      ? await runOnSlurm(plan, { ...settings, slurm: slurmOptions(options) })
      : await runPlan(plan, settings);
  const reference = titleOf(preset.losses[0]!);
  const out = options.out ?? `results/${suite.name}.csv`;
  const { rows, seeds, trends } = await writeReport(out, finished, reference);
  await writeFile(beside(out, 'provenance.json'), provenanceOf(suite, preset, finished));
  const { length: cells } = finished;
  if (options.json === true) {
    console.log(JSON.stringify({ event: 'finished', table: out, rows: rows.length, cells }));
    return;
  }
  console.log(terminalTable(rows));
  console.log(terminalQualities(rows));
  if (trends.length > 0) console.log(terminalTrends(trends));
  console.log(`${comparisonLines(seeds)}\n`);
  console.log(`${out}: ${rows.length} rows from ${cells} cells in ${options.ledger}`);
}

/** The preset with what the file and the flags change, checked. */
async function configuredPreset(preset: Preset, { config, ...flags }: BenchOptions): Promise<Preset> {
  if (config === undefined) return checkPreset(applyOverrides(preset, flags));
  const file = parsePresetFile(await readFile(config, 'utf8'), config);
  try {
    return checkPreset(applyOverrides(file.appliedTo(preset), flags));
  } catch (error) {
    throw file.located(error);
  }
}

/** What is behind a table: the command line, the preset as it was run, and for each cell its key, specification, code, machine, time. */
function provenanceOf({ name }: Suite, preset: Preset, cells: readonly TracedCell[]): string {
  const behind = cells.map(({ key, spec, provenance }) => ({ key, spec, provenance }));
  return `${JSON.stringify({ suite: name, arguments: process.argv.slice(2), preset, cells: behind }, null, 2)}\n`;
}

async function loadSuite(file: string): Promise<Suite> {
  const path = resolve(file);
  const module = (await import(pathToFileURL(path).href).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') {
      throw new SuiteError(`${file} cannot be read as a suite: ${error.message.split('\n')[0]}`);
    }
    throw error;
  })) as { readonly default?: Suite };
  if (module.default?.presets === undefined) {
    throw new SuiteError(`${file} exports no suite; it needs "export default defineSuite({ … })"`);
  }
  return module.default;
}
