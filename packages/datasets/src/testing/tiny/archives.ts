/** Writes archives and pictures byte for byte, for miniatures of benchmarks. It shares no code with the readers. */
import { crc32, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';

/** Contents by path. */
export type Tree = Readonly<Record<string, Buffer>>;

/** A POSIX tar (ustar) of files and their folders, in GNU tar's order. */
export function tar(tree: Tree): Buffer {
  const blocks: Buffer[] = [];
  const folders = new Set<string>();
  for (const [path, content] of Object.entries(tree)) {
    const parts = path.split('/').slice(0, -1);
    parts.forEach((_, i) => {
      const folder = `${parts.slice(0, i + 1).join('/')}/`;
      if (!folders.has(folder)) blocks.push(tarHeader(folder, 0, '5'));
      folders.add(folder);
    });
    blocks.push(tarHeader(path, content.length, '0'), content, Buffer.alloc(-content.length & 511));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

export function tarGz(tree: Tree): Buffer {
  return gzipSync(tar(tree));
}

function tarHeader(path: string, size: number, type: '0' | '5'): Buffer {
  const header = Buffer.alloc(512);
  if (Buffer.byteLength(path) > 100) throw new RangeError(`ustar names have 100 bytes: ${path}`);
  header.write(path, 0);
  header.write(type === '5' ? '0000755\0' : '0000644\0', 100);
  header.write('0000000\0'.repeat(2), 108);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0        ', 136);
  header.write(type, 156);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** A zip of deflated files. */
export function zip(tree: Tree): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of Object.entries(tree)) {
    const name = Buffer.from(path);
    const packed = deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed
    common.writeUInt16LE(8, 4); // deflate
    common.writeUInt16LE(0x21, 8); // 1980-01-01
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    local.push(Buffer.from('PK\x03\x04', 'latin1'), common, name, packed);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, name);
    offset += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(Object.keys(tree).length, 8);
  end.writeUInt16LE(Object.keys(tree).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

/** A PNG of 8-bit RGB, shape (height, width, 3): exact, unlike a JPEG. */
export function png(pixels: Uint8Array, height: number, width: number): Buffer {
  const lines = Array.from({ length: height }, (_, y) =>
    Buffer.concat([Buffer.of(0), pixels.subarray(y * width * 3, (y + 1) * width * 3)]),
  );
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8); // 8 bits, RGB
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.concat(lines))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

/** Noise, shape (height, width, channels). All pictures differ, so that tests notice transpositions. */
export function noise(seed: number, length: number): Uint8Array {
  let state = (seed + 1) * 2_654_435_761;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}
