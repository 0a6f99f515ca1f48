import { crc32, deflateSync } from 'node:zlib';

/** A PNG file. @param rgb shape (side, side, 3) */
export function pngOf(rgb: Uint8Array, side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // Eight bits, RGB.
  header.set([8, 2], 8);
  const rows = Array.from({ length: side }, (_, y) => [0, ...rgb.subarray(3 * side * y, 3 * side * (y + 1))]);
  const chunk = (name: string, content: Uint8Array): Buffer => {
    const named = Buffer.concat([Buffer.from(name), content]);
    const framed = Buffer.alloc(named.length + 8);
    framed.writeUInt32BE(content.length, 0);
    framed.set(named, 4);
    framed.writeUInt32BE(crc32(named), 4 + named.length);
    return framed;
  };
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from(rows.flat()))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
