/** `clce backbone …`: lists and describes backbones, inspects files of weights, exports and probes them. */

import {
  type Backbone,
  backbones,
  exportOnnx,
  getBackbone,
  matchWeights,
  openWeightFile,
  type WeightFile,
  type WeightMatch,
} from '@clce/backbones';
import { openWeights, type ProbeOptions, probe } from '@clce/experiments';
import { writeFile } from '@clce/files';
import { UserError } from '@clce/registry';
import Table from 'cli-table3';
import { plainTable } from '../print/plain-table.ts';
import { addDatasetFiles } from '../run/own-files.ts';

export function list(): void {
  const table = new Table({ head: ['name', 'weights', ''], ...plainTable });
  for (const { name, bundled, description } of backbones) {
    table.push([name, bundled === undefined ? 'from a file' : 'bundled', description]);
  }
  console.log(table.toString());
}

interface SizeOption {
  readonly size: number;
}

export function info(name: string, { size }: SizeOption): void {
  const backbone = getBackbone(name);
  const { description, layering, bundled, otherNames, residualBranches } = backbone;
  const { parameters, statistics } = initialised(backbone, size);
  const lines = [
    [`at ${size} pixels`, ''],
    [
      'parameters',
      `${millions(parameters)} in ${Object.keys(parameters).length} tensors, without a classifier`,
    ],
    ['statistics', `${Object.keys(statistics).length} tensors of running statistics`],
    ['features', String(backbone.featureSize(size))],
    ['layers', `${layering.depth} blocks, for layer-wise learning rates and partial fine-tuning`],
    ['drop path', residualBranches === undefined ? 'no branches to drop' : `${residualBranches} branches`],
    ['names', ['its own (timm’s or the official)', ...Object.keys(otherNames ?? {})].join(', ')],
    ['weights', bundled === undefined ? 'from a file, by --weights' : bundled.source],
    ...(bundled === undefined ? [] : [['expect', `${bundled.normalisation} normalisation`]]),
  ];
  console.log(`${name}: ${description}\n`);
  for (const [what, value] of lines) console.log(`${what!.padEnd(12)} ${value}`.trimEnd());
}

export async function inspect(
  file: string | undefined,
  { backbone: name, size }: SizeOption & { readonly backbone?: string },
): Promise<void> {
  if (file === undefined && name === undefined)
    throw new UserError('name a file, or a --backbone that brings one');
  const backbone = name === undefined ? undefined : getBackbone(name);
  const opened = file === undefined ? await weightsOf(backbone!) : await openWeightFile(file);
  for (const [tensor, { dtype, shape }] of opened.tensors) {
    console.log(`${dtype.padEnd(5)} ${`[${shape.join(', ')}]`.padEnd(22)} ${tensor}`);
  }
  console.log(`\n${opened.path}: ${opened.format}, ${opened.tensors.size} tensors`);
  for (const [key, value] of Object.entries(opened.metadata ?? {})) console.log(`${key}: ${value}`);
  if (backbone === undefined) return;
  const { parameters, statistics } = initialised(backbone, size);
  printMatch(backbone, matchWeights(opened, backbone, { ...parameters, ...statistics }));
}

function printMatch(
  { name }: Backbone,
  { naming, matched, missing, leftOver, misshapen }: WeightMatch,
): void {
  console.log(`\nfor ${name}, by ${naming} names: ${matched.size} tensors fit`);
  const groups = { missing, 'of another shape': misshapen, 'left over': leftOver };
  for (const [what, names] of Object.entries(groups)) {
    console.log(`${what}: ${names.length}${names.map((tensor) => `\n  ${tensor}`).join('')}`);
  }
}

export async function exportModel(
  name: string,
  { out, weights, size, batch }: SizeOption & { out: string; weights?: string; batch: number },
): Promise<void> {
  const backbone = getBackbone(name);
  const file = await weightsOf(backbone, weights);
  const { bytes, inputs, outputs } = await exportOnnx(backbone, file, { imageSize: size, batch });
  await writeFile(out, [bytes]);
  const { bundled } = backbone;
  console.log(`${out}: ${bytes.length} bytes`);
  console.log(`input   ${inputs['images']} float32 [${batch}, ${size}, ${size}, 3], RGB, normalised`);
  if (weights === undefined && bundled) console.log(`        as ${bundled.normalisation} has it`);
  for (const output of Object.values(outputs)) console.log(`output  ${output}`);
}

export async function printProbe(
  name: string,
  options: SizeOption &
    Omit<ProbeOptions, 'backbone' | 'imageSize'> & { readonly datasetFile?: readonly string[] },
): Promise<void> {
  const { size, datasetFile = [], ...others } = options;
  await addDatasetFiles(datasetFile);
  const rows = await probe({ ...others, backbone: name, imageSize: size });
  const table = new Table({
    head: ['features', 'shot', 'accuracy, %', '95 % ±'],
    ...plainTable,
    colAligns: ['left', 'right', 'right', 'right'],
  });
  for (const { features, shot, accuracy } of rows) {
    const halfWidth = accuracy.kind === 'interval' ? accuracy.halfWidth.toFixed(2) : '–';
    table.push([features, shot, accuracy.mean?.toFixed(2) ?? '–', halfWidth]);
  }
  console.log(table.toString());
  console.log(
    `${name} on ${options.dataset} at ${size} pixels: 5-way, 15 queries, ${options.episodes} episodes of novel classes, nearest centroid`,
  );
}

/** Weights from the file, or the backbone's own weights without a file. */
function weightsOf(backbone: Backbone, file = backbone.bundled?.path()): Promise<WeightFile> {
  if (file !== undefined) return openWeights(backbone.name, file);
  throw new UserError(`${backbone.name} brings no weights: name a file (--weights)`);
}

function initialised(backbone: Backbone, size: number) {
  return backbone.initialise(size, (_, count) => new Float32Array(count));
}

function millions(tensors: Readonly<Record<string, { readonly data: ArrayLike<number> }>>): string {
  const count = Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
  return `${(count / 1e6).toFixed(2)} M`;
}
