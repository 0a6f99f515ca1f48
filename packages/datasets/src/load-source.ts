/** Turns official files into a `Dataset`: index them, compare the published counts, decode, pack. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { canonicalJson, ifAbsent, seal, writeFile } from '@clce/files';
import sharp from 'sharp';
import type { DatasetIndex, DatasetSource, Distribution, ExpectedCounts, SourceSample } from './adapter.ts';
import type { Dataset, DatasetAdapter, LoadOptions, Sample } from './dataset.ts';
import { DatasetError } from './errors.ts';
import { notThere } from './fetch/not-there.ts';
import { findExtracted, placesOf } from './fetch/places.ts';
import { buildPack, requireSize } from './pack/build-pack.ts';
import { DECODING_VERSION, decodeSamples, decoding, resizingOf } from './pack/decode.ts';
import { type PackProvenance, readPack } from './pack/pack.ts';

/**
 * Makes a loadable adapter from the declaration of a set.
 *
 * @param code hash of the user's file that declares it. A pack of other code is built again, because an edited file may
 *   read other pixels for the same samples. Equal pixels give the same manifest hash.
 */
export function sourceAdapter(source: DatasetSource, code?: string): DatasetAdapter {
  const { name, aliases = [], title, license, citation, mirrorable = true } = source;
  return {
    ...{ name, aliases, title, license, citation, mirrorable, resizing: resizingOf(source.resizing) },
    find: async (options) => (await lookUp(source, options, code)).dataset,
    load: (options) => loadSource(source, options, code),
  };
}

/** Reads the index of the official files, and the pack if it is current. */
async function lookUp(source: DatasetSource, { dataRoot, size }: LoadOptions, code?: string) {
  requireSize(source.name, size);
  const index = await checkedIndex(source, dataRoot);
  const path = join(placesOf(dataRoot, source.name).folder, `${source.name}-${size}.pack`);
  const provenance = provenanceOf(source, index);
  const pack = await readPack(path);
  const isCurrent =
    pack !== undefined &&
    isDeepStrictEqual(pack.provenance, provenance) &&
    sameClasses(pack.dataset, index) &&
    (code === undefined || (await isBuiltBy(path, pack.dataset, code)));
  return { index, path, provenance, dataset: isCurrent ? pack.dataset : undefined };
}

/** Whether the file beside the pack says that this code built it. */
async function isBuiltBy(pack: string, { manifestHash }: Dataset, code: string): Promise<boolean> {
  const text = await readFile(`${pack}.json`, 'utf8').catch(ifAbsent(''));
  return text === seal(manifestHash, { code });
}

async function loadSource(source: DatasetSource, options: LoadOptions, code?: string): Promise<Dataset> {
  const { size, onProgress } = options;
  const { index, path, provenance, dataset } = await lookUp(source, options, code);
  if (dataset !== undefined) return dataset;
  const { classNames, split, samples: found } = index;
  const samples = found.map(describe);
  const content = { name: source.name, imageSize: size, classNames, samples, split, provenance };
  const decoded = (from: number, to: number) =>
    decodeSamples(index.root, found.slice(from, to), size, source.resizing, (done) =>
      onProgress?.(from + done, found.length),
    );
  const built = await buildPack(path, content, decoded, options, code);
  if (code !== undefined) await writeFile(`${path}.json`, seal(built.manifestHash, { code }));
  return built;
}

export interface FoundIndex extends DatasetIndex {
  distribution: Distribution;
  /** Base folder of the samples' relative paths. */
  root: string;
}

/**
 * Lists the samples of the first complete distribution, and compares their counts with the published ones.
 *
 * @throws {DatasetError} `missing` with instructions, or `corrupt` with the wrong count or sample
 */
export async function checkedIndex(source: DatasetSource, dataRoot: string): Promise<FoundIndex> {
  const found = await findExtracted(dataRoot, source);
  if (found === undefined) {
    const [first] = source.distributions;
    throw notThere(dataRoot, source, first, first.layout);
  }
  const index = await found.distribution.index(found.root, found.own);
  const wrong = firstFault(index, source.expected);
  if (wrong !== undefined) throw new DatasetError(`${source.name} in ${found.root} ${wrong}.`, 'corrupt');
  return { ...index, ...found };
}

/** The first fault of an index, in words; undefined where it has none. */
function firstFault(
  { classNames, samples, split }: DatasetIndex,
  expected?: ExpectedCounts,
): string | undefined {
  const counts: [what: string, found: number, expected: number][] =
    expected === undefined
      ? []
      : [
          ['classes', classNames.length, expected.classes],
          ['samples', samples.length, expected.samples],
          ['base classes', split.base.length, expected.split.base],
          ['validation classes', split.validation.length, expected.split.validation],
          ['novel classes', split.novel.length, expected.split.novel],
          ...Object.entries(expected.partitions ?? {}).map(([partition, count]): [string, number, number] => [
            `samples of the ${partition} partition`,
            samples.filter((sample) => sample.partition === partition).length,
            count,
          ]),
        ];
  const miscounted = counts.find(([, found, wanted]) => found !== wanted);
  if (miscounted !== undefined) return `has ${miscounted[1]} ${miscounted[0]}, expected ${miscounted[2]}`;
  const ids = new Set<string>();
  for (const { id, label } of samples) {
    if (classNames[label] === undefined)
      return `has ${id} of class ${label}, but classes 0 to ${classNames.length - 1}`;
    if (ids.has(id)) return `has ${id} twice`;
    ids.add(id);
  }
  const sides = [...split.base, ...split.validation, ...split.novel];
  if (new Set(sides).size !== sides.length) return 'has a class on two sides of its split';
  return undefined;
}

function describe({ id, label, partition }: SourceSample): Sample {
  return { id, label, ...(partition && { partition }) };
}

/** Everything that determines pixels and labels. It omits paths and times, so that equal data has equal hashes. */
function provenanceOf(
  source: DatasetSource,
  { distribution, samples, contents }: FoundIndex,
): PackProvenance {
  const hash = createHash('sha256');
  for (const { id, label, partition = '' } of samples) hash.update(`${id}\0${label}\0${partition}\n`);
  return {
    distribution: distribution.name,
    samples: hash.digest('hex'),
    ...(contents && { contents }),
    decoding: decoding(source.resizing),
    decodingVersion: String(DECODING_VERSION),
    sharp: sharp.versions.sharp ?? 'unknown',
    vips: sharp.versions.vips,
  };
}

/** Compares classes and split. An adapter with edited classes or split describes another set of the same samples. */
function sameClasses(one: Dataset, other: DatasetIndex): boolean {
  const classes = ({ classNames, split }: Dataset | DatasetIndex) => canonicalJson({ classNames, split });
  return classes(one) === classes(other);
}
