/** Reads parts of a file, so that a large file is never in memory as a whole. */
import { open } from 'node:fs/promises';
import { WeightFileError } from '../weight-file.ts';

/** Bytes from `from` up to `to` (exclusive) of a file. @throws WeightFileError where the file ends earlier */
export async function readRange(path: string, from: number, to: number): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const bytes = new Uint8Array(to - from);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, from + filled);
      if (bytesRead === 0) {
        throw new WeightFileError(
          `${path} ends at byte ${from + filled}, before ${to}: it is cut off`,
          'corrupt',
        );
      }
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
