/** Files of pretrained weights: known by their contents, so that a cell's key says which it started from. */
import { hashWeightFile, openSafetensors, type WeightFile } from '@clce/backbones';
import type { Preset } from './suite.ts';

/** SHA-256 of each backbone's file. @throws WeightFileError where one cannot be read */
export async function hashWeights({ weights = {} }: Preset): Promise<Map<string, string>> {
  const entries = Object.entries(weights).map(
    async ([backbone, file]) => [backbone, await hashWeightFile(file)] as const,
  );
  return new Map(await Promise.all(entries));
}

/**
 * @param files by their SHA-256
 * @throws Error where the file is not given or has changed; WeightFileError where it is damaged
 */
export async function openWeights(
  hash: string,
  files: Readonly<Record<string, string>> = {},
): Promise<WeightFile> {
  const path = files[hash];
  if (path === undefined)
    throw new Error(`no file of weights with SHA-256 ${hash} was given to this process`);
  if ((await hashWeightFile(path)) !== hash) {
    throw new Error(`${path} has changed since this cell was planned; start the run again`);
  }
  return openSafetensors(path);
}
