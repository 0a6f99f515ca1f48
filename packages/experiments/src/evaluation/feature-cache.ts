/**
 * Features on disk, so that cells which look at the same images through the same weights compute them once.
 *
 * A file's name is a hash of all that its contents depend on. It is written whole or not at all, and two writers of one
 * name write the same: whoever comes last changes nothing. A file that cannot be believed is computed again.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Dataset } from '@clce/datasets';
import { engineVersions, float32 } from '@clce/engine';
import { NUMERICS_VERSION } from '@clce/results';
import { loadSnapshot, saveSnapshot } from '../training/snapshot.ts';
import type { Extractor } from './extractor.ts';

/**
 * The same extractor, with what it computed kept in a folder.
 *
 * @param identity what the features depend on besides the images: weights, transform, engine
 */
export function cached(extractor: Extractor, folder: string, identity: object): Extractor {
  return {
    async extract(dataset, rows) {
      const path = join(folder, `${keyOf(identity, dataset, rows)}.safetensors`);
      const found = (await loadSnapshot(path))?.tensors['features'];
      if (found?.shape[0] === rows.length)
        return { values: found.data as Float32Array, dim: found.shape[1]! };
      const features = await extractor.extract(dataset, rows);
      const { values, dim } = features;
      await saveSnapshot(path, { notes: null, tensors: { features: float32([rows.length, dim], values) } });
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
