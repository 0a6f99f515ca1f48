/**
 * Features on disk, so that cells which look at the same images through the same weights compute them once.
 *
 * A file's name is a hash of all that its contents depend on. It is written whole or not at all, and two writers of one
 * name write the same: whoever comes last changes nothing. A file that cannot be believed is computed again.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors, saveSafetensors, WeightFileError } from '@clce/backbones';
import type { Dataset } from '@clce/datasets';
import { engineVersions, float32 } from '@clce/engine';
import type { Extractor } from './extractor.ts';
import type { FeatureMatrix } from './features.ts';
import { NUMERICS_VERSION } from './numerics-version.ts';

/**
 * The same extractor, with what it computed kept in a folder.
 *
 * @param identity what the features depend on besides the images: weights, transform, engine
 */
export function cached(extractor: Extractor, folder: string, identity: object): Extractor {
  return {
    async extract(dataset, rows) {
      const path = join(folder, `${keyOf(identity, dataset, rows)}.safetensors`);
      const found = await read(path, rows.length);
      if (found !== undefined) return found;
      const features = await extractor.extract(dataset, rows);
      const { values, dim } = features;
      await saveSafetensors(
        path,
        { features: float32([rows.length, dim], values) },
        { checksum: checksumOf(values) },
      );
      return features;
    },
    dispose: () => extractor.dispose(),
  };
}

function keyOf(identity: object, { manifestHash, imageSize }: Dataset, rows: Int32Array): string {
  const versions = { numerics: NUMERICS_VERSION, ...engineVersions() };
  return createHash('sha256')
    .update(JSON.stringify([identity, versions, manifestHash, imageSize]))
    .update(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength))
    .digest('hex');
}

async function read(path: string, rows: number): Promise<FeatureMatrix | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    const { tensors, metadata } = await openSafetensors(path);
    const { data, shape } = (await tensors.get('features')?.read()) ?? float32([0, 0]);
    const values = data as Float32Array;
    const isWhole = shape[0] === rows && checksumOf(values) === metadata?.['checksum'];
    return isWhole ? { values, dim: shape[1]! } : undefined;
  } catch (error) {
    if (error instanceof WeightFileError) return undefined;
    throw error;
  }
}

function checksumOf({ buffer, byteOffset, byteLength }: Float32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');
}
