/**
 * The files that cells start from: pretrained weights, ONNX models and episodes. A preset names them by their paths, a cell by
 * their SHA-256, which is part of the cell's key.
 */
import {
  getBackbone,
  hashOnnxModel,
  hashWeightFile,
  openWeightFile,
  requireMatch,
  type WeightFile,
} from '@clce/backbones';
import type { CellSpec } from './cell.ts';
import type { Preset } from './preset.ts';

/** SHA-256 of a file, and of the files in which an ONNX model keeps tensors; 64 hexadecimal digits. */
export type FileHash = string;

/** Something about each file of a preset: its path or its hash. */
export interface ByFile<Value = FileHash> {
  /** Pretrained weights, by backbone. A backbone without an entry starts from random weights. */
  readonly weights: ReadonlyMap<string, Value>;
  /** ONNX models, by their names in the preset. */
  readonly models: ReadonlyMap<string, Value>;
  readonly episodes: Value | undefined;
}

export interface InputFiles {
  readonly hashes: ByFile;
  /** What the processes that run cells are given. */
  readonly paths: Readonly<Record<FileHash, string>>;
}

/** @throws WeightFileError or EngineError where a file cannot be read */
export async function inputFiles(preset: Preset): Promise<InputFiles> {
  const { weights, models, episodes } = inputPaths(preset);
  const paths: Record<FileHash, string> = {};
  const hashed = async (path: string, hashOf = hashWeightFile): Promise<FileHash> => {
    const hash = await hashOf(path);
    paths[hash] = path;
    return hash;
  };
  const hashes = {
    weights: await mapped(weights, (path) => hashed(path)),
    models: await mapped(models, (path) => hashed(path, hashOnnxModel)),
    episodes: episodes === undefined ? undefined : await hashed(episodes),
  };
  return { hashes, paths };
}

/** @throws WeightFileError where a backbone brings weights and their package is not installed */
export function inputPaths({ backbones, weights = {}, frozen = {}, protocol }: Preset): ByFile<string> {
  const weightPaths = backbones.flatMap((name) => {
    const path = weights[name] ?? getBackbone(name).bundled?.path();
    return path === undefined ? [] : [[name, path] as const];
  });
  return {
    weights: new Map(weightPaths),
    models: new Map(Object.entries(frozen).map(([name, { file }]) => [name, file])),
    episodes: protocol.kind === 'few-shot' ? protocol.episodeFile : undefined,
  };
}

async function mapped<From, To>(
  values: ReadonlyMap<string, From>,
  change: (value: From) => Promise<To>,
): Promise<Map<string, To>> {
  const entries = [...values].map(async ([name, value]) => [name, await change(value)] as const);
  return new Map(await Promise.all(entries));
}

/**
 * Finds the files that cells start from, among the paths that the user names and the weights that packages bring. Each file is
 * hashed once.
 *
 * @returns a function that gives the paths of a cell's files by hash, without those that are not found; it throws
 *   WeightFileError or EngineError where a file cannot be read
 */
export function inputFinder(given: readonly string[]): (spec: CellSpec) => Promise<InputFiles['paths']> {
  const hashes = new Map<typeof hashWeightFile, Map<string, Promise<FileHash>>>([
    [hashWeightFile, new Map()],
    [hashOnnxModel, new Map()],
  ]);
  return async (spec) => {
    const paths: Record<FileHash, string> = {};
    for (const { hash, hashOf, backbone } of wantedFiles(spec)) {
      const bundled = backbone === undefined ? undefined : getBackbone(backbone).bundled?.path();
      const known = hashes.get(hashOf)!;
      for (const path of [...given, ...(bundled === undefined ? [] : [bundled])]) {
        if (!known.has(path)) known.set(path, hashOf(path));
        if ((await known.get(path)) === hash) paths[hash] = path;
      }
    }
    return paths;
  };
}

/** The files that a cell starts from. */
export function wantedFiles(
  spec: CellSpec,
): { readonly hash: FileHash; readonly hashOf: typeof hashWeightFile; readonly backbone?: string }[] {
  const { protocol } = spec;
  const episodes = protocol.kind === 'few-shot' ? protocol.episodeFile : undefined;
  const files = episodes === undefined ? [] : [{ hash: episodes, hashOf: hashWeightFile }];
  if (spec.kind === 'training' && spec.weights !== undefined) {
    return [...files, { hash: spec.weights, hashOf: hashWeightFile, backbone: spec.backbone }];
  }
  if (spec.kind !== 'frozen') return files;
  const { extractor, weights } = spec;
  return extractor.kind === 'onnx'
    ? [...files, { hash: weights, hashOf: hashOnnxModel }]
    : [...files, { hash: weights, hashOf: hashWeightFile, backbone: extractor.name }];
}

/**
 * Checks that each file of weights fits its backbone.
 *
 * @throws WeightFileError naming the tensors that are missing or have another shape
 */
export async function checkWeights(preset: Preset): Promise<void> {
  for (const [name, path] of inputPaths(preset).weights) {
    const backbone = getBackbone(name);
    const { parameters, statistics } = backbone.initialise(
      preset.imageSize,
      (_, count) => new Float32Array(count),
    );
    requireMatch(await openWeights(name, path), backbone, { ...parameters, ...statistics });
  }
}

/**
 * The path of the file with this hash.
 *
 * @param paths by hash
 * @param hashOf `hashOnnxModel` for an ONNX model
 * @throws Error if the file is not among them or has changed
 */
export async function inputFile(
  hash: FileHash,
  paths: InputFiles['paths'] = {},
  hashOf = hashWeightFile,
): Promise<string> {
  const path = paths[hash];
  if (path === undefined) throw new Error(`no file with SHA-256 ${hash} was given to this process`);
  if ((await hashOf(path)) !== hash) {
    throw new Error(`${path} has changed since this cell was planned; start the run again`);
  }
  return path;
}

/** A backbone's weights, from the package that brings them or from a file. @throws WeightFileError where the file is damaged */
export function openWeights(backbone: string, path: string): Promise<WeightFile> {
  const { bundled } = getBackbone(backbone);
  return bundled?.path() === path ? bundled.open() : openWeightFile(path);
}
