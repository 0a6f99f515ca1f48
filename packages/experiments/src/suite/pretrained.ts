/** Files of pretrained weights, identified by their contents. The hash of the file is part of a cell's key. */
import {
  getBackbone,
  hashOnnxModel,
  hashWeightFile,
  openWeightFile,
  requireMatch,
  type WeightFile,
} from '@clce/backbones';
import type { Preset } from './suite.ts';

/** Name of the file of episodes among the sources. No backbone has this name. */
export const EPISODES = 'protocol.episodeFile';

export interface WeightSource {
  readonly file: string;
  /** SHA-256 of the file, and of the files in which an ONNX model keeps tensors. */
  readonly hash: string;
}

/**
 * The files of a preset's backbones and frozen models, by their names. Backbones with random weights are left out. The file of
 * episodes, if there is one, is under `EPISODES`.
 *
 * @throws WeightFileError or EngineError where a file cannot be read
 */
export async function weightSources(preset: Preset): Promise<Map<string, WeightSource>> {
  const episodes = preset.protocol.kind === 'few-shot' ? preset.protocol.episodeFile : undefined;
  const files = [
    [EPISODES, episodes, hashWeightFile] as const,
    ...preset.backbones.map(
      (name) => [name, preset.weights?.[name] ?? getBackbone(name).bundled?.path(), hashWeightFile] as const,
    ),
    ...Object.entries(preset.frozen ?? {}).map(([name, { file }]) => [name, file, hashOnnxModel] as const),
  ];
  const entries = files.map(async ([name, file, hashOf]) =>
    file === undefined ? [] : [[name, { file, hash: await hashOf(file) }] as const],
  );
  return new Map((await Promise.all(entries)).flat());
}

/**
 * Checks that each file fits its backbone.
 *
 * @throws WeightFileError naming the tensors that are missing or have another shape
 */
export async function checkWeights(
  preset: Preset,
  sources: ReadonlyMap<string, WeightSource>,
): Promise<void> {
  for (const name of preset.backbones) {
    const source = sources.get(name);
    if (source === undefined) continue;
    const backbone = getBackbone(name);
    const { parameters, statistics } = backbone.initialise(
      preset.imageSize,
      (_, count) => new Float32Array(count),
    );
    requireMatch(await openWeights(name, source.file), backbone, { ...parameters, ...statistics });
  }
}

/**
 * The path of the file with this hash.
 *
 * @param files paths by SHA-256
 * @param hashOf `hashOnnxModel` for an ONNX model
 * @throws Error if the file is not among them or has changed
 */
export async function weightFile(
  hash: string,
  files: Readonly<Record<string, string>> = {},
  hashOf = hashWeightFile,
): Promise<string> {
  const path = files[hash];
  if (path === undefined)
    throw new Error(`no file of weights with SHA-256 ${hash} was given to this process`);
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
