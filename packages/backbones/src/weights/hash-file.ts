import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { WeightFileError } from './weight-file.ts';

/**
 * SHA-256 of a file, hexadecimal. The file is read in pieces, so its size does not matter.
 *
 * @throws WeightFileError that names the file, where it cannot be read
 */
export async function hashWeightFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new WeightFileError(`${path} cannot be read: ${why}`, 'corrupt', { cause: error });
  }
  return hash.digest('hex');
}
