/** `clce data …`: lists, fetches, verifies and shows data sets, and writes episodes. */

import {
  type Augmentation,
  type ContactSheet,
  type DataState,
  type Dataset,
  DatasetError,
  dataState,
  datasetNames,
  distributionOf,
  extractedRoot,
  type FetchProgress,
  fetchDataset,
  getDataset,
  getSource,
  groupOf,
  notReservable,
  rowsOfClasses,
  sampleEpisodes,
  sheetOfClasses,
  sheetOfEpisode,
  sheetOfViews,
  splitWithReserve,
  verifyDataset,
  writeEpisodes,
  writePictures,
} from '@clce/datasets';
import { writeFile } from '@clce/files';
import { UserError } from '@clce/registry';
import Table from 'cli-table3';
import { loadDataset } from '../run/load-dataset.ts';

interface DataOptions {
  readonly dataRoot: string;
  readonly distribution?: string;
}

export async function list({ dataRoot }: DataOptions): Promise<void> {
  const table = new Table({
    head: ['name', 'state', 'on disk', 'to fetch', 'place'],
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    colAligns: ['left', 'left', 'right', 'right', 'left'],
  });
  for (const name of datasetNames) {
    const state = await dataState(dataRoot, name, getSource(name));
    table.push([name, stateText(state), size(state.bytes), toFetch(state), state.place]);
  }
  console.log(table.toString());
}

function stateText({ state, distribution }: DataState): string {
  return distribution === undefined ? state : `${state} (${distribution})`;
}

function toFetch({ state, downloadBytes }: DataState): string {
  if (state !== 'absent' && state !== 'partial') return '';
  return downloadBytes === undefined ? 'unknown' : size(downloadBytes);
}

export async function fetch(name: string, { dataRoot, distribution }: DataOptions): Promise<void> {
  const source = declaredSource(name);
  const extracted = await fetchDataset(source, {
    dataRoot,
    sourceNamed: declaredSource,
    ...(distribution !== undefined && { distribution }),
    onProgress: progressLine(),
  });
  console.log(`${source.name} is in ${extracted}`);
}

export async function write(
  name: string,
  folder: string,
  {
    dataRoot,
    size: side,
    ...wanted
  }: DataOptions & { readonly size: number; readonly classes?: number; readonly samples?: number },
): Promise<void> {
  const dataset = await loadDataset(name, dataRoot, side);
  const { classes, pictures } = await writePictures(dataset, folder, wanted);
  console.log(`${folder}: ${pictures} pictures of ${classes} classes`);
}

export async function verify(name: string, { dataRoot }: DataOptions): Promise<void> {
  const source = declaredSource(name);
  const { files, extracted, classes, samples } = await verifyDataset(source, { dataRoot });
  for (const file of files) console.log(`${file.name}: ${VERDICTS[file.verdict]}`);
  if (files.length === 0) console.log('no checksum was compared: there is no archive');
  const published = source.expected === undefined ? 'no counts are published' : 'as published';
  console.log(`${extracted}: ${classes} classes, ${samples} samples, ${published}`);
}

const VERDICTS = {
  published: 'has its published checksum',
  pinned: 'is the file that was fetched first (lock.json)',
  first: 'has no published checksum and is not pinned in lock.json',
} as const;

export function info(name: string): void {
  const source = getSource(name);
  if (source === undefined) {
    const { title, license, citation } = getDataset(name);
    console.log(
      [title, '', `licence   ${license}`, `citation  ${citation}`, 'built from installed packages'].join(
        '\n',
      ),
    );
    return;
  }
  const { title, aliases, description, homepage, license, citation, splitRule, distributions } = source;
  console.log(`${title}\n\n${description}\n`);
  if (aliases !== undefined) console.log(`also      ${aliases.join(', ')}`);
  if (homepage !== undefined) console.log(`homepage  ${homepage}`);
  console.log(
    `licence   ${license}\ncitation  ${citation}\nsplit     ${splitRule.rule} (${splitRule.source})`,
  );
  for (const distribution of distributions) {
    const from = distribution.from === undefined ? '' : `, over the files of ${distribution.from}`;
    console.log(`\ndistribution ${distribution.name}${from}`);
    if (distribution.manual !== undefined) console.log(`  ${distribution.manual}`);
    for (const { name: file, urls, size: bytes, checksum } of distribution.files) {
      const sum =
        checksum === 'pinned' ? 'pinned at the first download' : `${checksum.algorithm} ${checksum.value}`;
      console.log(
        `  ${[file, bytes === undefined ? undefined : size(bytes), sum].filter(Boolean).join(' · ')}`,
      );
      for (const url of urls) console.log(`    ${url}`);
    }
  }
}

export async function pack(name: string, { dataRoot, size: imageSize }: SizedOptions): Promise<void> {
  const { samples, manifestHash, classNames } = await loadDataset(name, dataRoot, imageSize);
  console.log(
    `${name} at ${imageSize} pixels: ${samples.length} images of ${classNames.length} classes, manifest ${manifestHash}`,
  );
}

interface SizedOptions extends DataOptions {
  readonly size: number;
}

interface ShowOptions extends SizedOptions {
  readonly of: 'classes' | 'views' | 'episode';
  readonly side?: 'base' | 'validation' | 'novel';
  readonly rows: number;
  readonly columns: number;
  readonly way: number;
  readonly shot: number;
  readonly query: number;
  readonly episode: number;
  readonly seed: number;
  readonly resizedCrop?: string;
  readonly randAugment?: string;
  readonly erasing?: string;
  readonly out?: string;
}

export async function show(name: string, options: ShowOptions): Promise<void> {
  const { of, out = `${name}-${of}.png` } = options;
  const dataset = await loadDataset(name, options.dataRoot, options.size);
  const { png, rows } = await sheetOf(dataset, options);
  await writeFile(out, [png]);
  for (const [index, row] of rows.entries()) console.log(`${String(index + 1).padStart(4)}  ${row}`);
  console.log(`${out}: ${rows.length} rows`);
}

export async function episodes(
  name: string,
  options: SizedOptions & {
    readonly out: string;
    readonly side: 'validation' | 'novel';
    readonly way: number;
    readonly shots: readonly number[];
    readonly query: number;
    readonly count: number;
    readonly seed: number;
  },
): Promise<void> {
  const { out, side, shots, way, query, count, seed } = options;
  const dataset = await loadDataset(name, options.dataRoot, options.size);
  const { classNames, split } = dataset;
  const labels = dataset.samples.map(({ label }) => label);
  const shape = { labels, classes: split[side], classNames, way, query, count, seed };
  await writeEpisodes(
    out,
    dataset,
    shots.map((shot) => sampleEpisodes({ ...shape, shot })),
  );
  console.log(
    `${out}: ${count} episodes of each of ${shots.join(', ')} shots, ${way}-way, ${query} queries, seed ${seed}`,
  );
}

function sheetOf(dataset: Dataset, options: ShowOptions): Promise<ContactSheet> {
  const { of, rows, columns, way, shot, query, episode: index, seed } = options;
  const sideOf = (usual: 'base' | 'novel') => dataset.split[options.side ?? usual];
  switch (of) {
    case 'classes':
      return sheetOfClasses(dataset, sideOf('base').slice(0, rows), columns);
    case 'episode':
      return sheetOfEpisode(dataset, { classes: sideOf('novel'), way, shot, query, seed, index });
    case 'views': {
      const samples = rowsOfClasses(dataset, sideOf('base'));
      const step = Math.max(1, Math.floor(samples.length / rows));
      const shown = samples.filter((_, at) => at % step === 0).slice(0, rows);
      return sheetOfViews(dataset, [...shown], augmentationOf(options, getDataset(dataset.name).mirrorable), {
        seed,
        views: columns,
      });
    }
  }
}

function augmentationOf({ resizedCrop, randAugment, erasing }: ShowOptions, flip = true): Augmentation {
  const pair = (text: string): [number, number] => {
    const [first, second, ...rest] = text.split(',').map(Number);
    if (first !== undefined && second !== undefined && rest.length === 0 && first >= 0 && second >= 0) {
      return [first, second];
    }
    throw new UserError(`"${text}" is no pair of numbers; expected a pair such as 0.3,1`);
  };
  const [operations, magnitude] = randAugment === undefined ? [] : pair(randAugment);
  return {
    crop: resizedCrop === undefined,
    flip,
    ...(resizedCrop !== undefined && { resizedCrop: pair(resizedCrop) }),
    ...(operations !== undefined && magnitude !== undefined && { randAugment: { operations, magnitude } }),
    ...(erasing !== undefined && { erasing: Number(erasing) }),
  };
}

export async function path(wanted: string, { dataRoot }: DataOptions): Promise<void> {
  const { name } = getDataset(wanted);
  const source = getSource(name);
  const state = await dataState(dataRoot, name, source);
  if (source !== undefined && state.state !== 'ready') {
    const place = extractedRoot(dataRoot, source, distributionOf(source));
    throw new DatasetError(`${name} is not there (${state.state}); its place is ${place}.`, 'missing');
  }
  console.log(state.place);
}

function declaredSource(name: string): NonNullable<ReturnType<typeof getSource>> {
  const source = getSource(name);
  if (source !== undefined) return source;
  throw new DatasetError(`${name} is built from installed packages; there is nothing to fetch or to verify.`);
}

/** Progress as one live line on a terminal, elsewhere as one line for each tenth. */
function progressLine(out = process.stderr): (progress: FetchProgress) => void {
  let shown = '';
  return (progress) => {
    if (progress.step !== 'download') {
      const text =
        progress.step === 'unpack'
          ? `unpacking ${progress.file}`
          : `${progress.file} ${VERDICTS[progress.verdict]}`.replace('is not pinned', 'is now pinned');
      out.write(`${out.isTTY ? '\r\u001b[K' : ''}${text}\n`);
      return;
    }
    const { file, received, total } = progress;
    const part = total === undefined || total === 0 ? 0 : Math.floor((10 * received) / total);
    const text = out.isTTY
      ? `${file}: ${size(received)} of ${total === undefined ? 'an unknown size' : size(total)}`
      : `${file}: ${10 * part} %`;
    if (text === shown) return;
    shown = text;
    out.write(out.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
  };
}

function size(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}

export async function split(
  name: string,
  options: { readonly dataRoot: string; readonly size: number; readonly folds: number },
): Promise<void> {
  if (getSource(name) !== undefined) throw notReservable(name);
  const dataset = await loadDataset(name, options.dataRoot, options.size);
  const development = splitWithReserve(dataset, { side: 'development' });
  const { base, validation } = development.split;
  const lines = [
    `development: ${base.length} base classes, ${validation.length} validation classes`,
    `  base: ${named(dataset, base)}`,
    `  validation: ${named(dataset, validation)}`,
    `  training groups: ${groups(development, base, 'train')}`,
    `  validation groups: ${groups(development, base, 'validation')}`,
  ];
  for (let fold = 0; fold < options.folds; fold++) {
    const held = splitWithReserve(dataset, { side: 'confirmation', folds: options.folds, fold });
    const { novel } = held.split;
    lines.push(
      `confirmation, fold ${fold} of ${options.folds}: ${novel.length} novel classes, ${held.split.base.length} base classes`,
      `  novel: ${named(dataset, novel)}`,
      `  tested groups: ${groups(held, held.split.base, 'test')}`,
    );
  }
  console.log(lines.join('\n'));
}

function named({ classNames }: Dataset, labels: readonly number[]): string {
  return labels.map((label) => classNames[label]).join(', ');
}

/** The groups of the samples of some classes on one side. */
function groups({ samples }: Dataset, labels: readonly number[], side: string): string {
  const found = samples.filter(({ label, partition }) => partition === side && labels.includes(label));
  return [...new Set(found.map(groupOf))].sort().join(', ');
}
