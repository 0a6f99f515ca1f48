/**
 * Caches features on disk, so that cells with the same images and the same weights compute them once.
 *
 * A file's name is a hash of everything that determines its contents. A file is written whole or not at all. Two writers of
 * one name write the same contents, so their order does not matter. Features of a file that cannot be believed are
 * computed again.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Dataset } from '@clce/datasets';
import { engineVersions, float32 } from '@clce/engine';
import { NUMERICS_VERSION } from '@clce/results';
import { loadSnapshot, saveSnapshot, type Tell } from '../training/snapshot.ts';
import type { Extractor } from './extractor.ts';

/**
 * Wraps an extractor with a cache in a folder.
 *
 * @param identity everything besides the images that determines the features: weights, transform, engine
 * @param tell gets a line about a file that cannot be believed
 */
export function cached(extractor: Extractor, folder: string, identity: object, tell: Tell): Extractor {
  return {
    async extract(dataset, rows) {
      const key = keyOf(identity, dataset, rows);
      const path = join(folder, `${key}.safetensors`);
      const again = (line: string): void => tell(`${line}; the features are computed again`);
      const found = (await loadSnapshot(path, key, again))?.tensors['features'];
      if (found?.shape[0] === rows.length)
        return { values: found.data as Float32Array, dim: found.shape[1]! };
      const features = await extractor.extract(dataset, rows);
      const { values, dim } = features;
      const tensors = { features: float32([rows.length, dim], values) };
      await saveSnapshot(path, key, { notes: null, tensors });
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
