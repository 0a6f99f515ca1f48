/** For tests: pictures of a data set of the user's, each in one colour. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

/** 25 classes of 20 pictures in `folder`. */
export function writeColours(folder: string): void {
  for (let label = 0; label < 25; label++) {
    const pictures = join(folder, `class-${label}`);
    mkdirSync(pictures, { recursive: true });
    for (let shade = 0; shade < 20; shade++) {
      writeFileSync(join(pictures, `${shade}.png`), png(10 * label, 12 * shade, 100));
    }
  }
}

/** A PNG of 16 × 16 pixels in one colour. */
function png(...rgb: readonly [number, number, number]): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, checksum]);
  };
  const header = Buffer.from([0, 0, 0, 16, 0, 0, 0, 16, 8, 2, 0, 0, 0]);
  const row = [0, ...Array.from({ length: 16 }, () => rgb).flat()];
  const pixels = deflateSync(Buffer.from(Array.from({ length: 16 }, () => row).flat()));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, ...chunks]);
}
