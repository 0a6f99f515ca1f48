/** The pixels of a set in memory, for tests. */
import type { Dataset } from '../dataset.ts';

export function wholePixels({ name, pixels }: Dataset): Uint8Array {
  if ('kind' in pixels) throw new TypeError(`${name} is in shards`);
  return pixels;
}
