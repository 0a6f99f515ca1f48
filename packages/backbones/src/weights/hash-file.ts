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
    throw unreadable(path, error);
  }
  return hash.digest('hex');
}

function unreadable(path: string, cause: unknown): WeightFileError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new WeightFileError(`there is no file ${path}`, 'missing', { cause });
  if (code === 'EISDIR') {
    return new WeightFileError(`${path} is a folder; expected a file`, 'missing', { cause });
  }
  return new WeightFileError(`${path} cannot be read: ${message}`, 'corrupt', { cause });
}
