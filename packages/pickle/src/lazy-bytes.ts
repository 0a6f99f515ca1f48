/** Bytes that are read from their file on demand, and a window for reading a large file from front to back. */
import { type FileHandle, open } from 'node:fs/promises';

/** Makes the caller's own error from a message that names the file and the byte. */
export type Fail = (message: string, fault: 'corrupt' | 'unsafe') => Error;

export interface LazyBytes {
  readonly kind: 'bytes';
  readonly length: number;
  /** Bytes from `start` up to `end` (exclusive), by default all. The result may be a view: do not write to it. */
  read(start?: number, end?: number): Promise<Uint8Array>;
}

export function memoryBytes(bytes: Uint8Array): LazyBytes {
  return { kind: 'bytes', length: bytes.length, read: async (start, end) => bytes.subarray(start, end) };
}

/** The `length` bytes at `offset` of a file. Each read opens and closes the file. */
export function fileBytes(path: string, offset: number, length: number, fail: Fail): LazyBytes {
  return {
    kind: 'bytes',
    length,
    async read(start = 0, end = length) {
      const handle = await open(path, 'r');
      try {
        const bytes = Buffer.alloc(end - start);
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset + start);
        if (bytesRead < bytes.length) throw endedEarly(path, offset + start + bytes.length, fail);
        return bytes;
      } finally {
        await handle.close();
      }
    },
  };
}

/** Bytes from `from` up to `to` (exclusive) of a file. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** Reads a file forwards, a megabyte at a time. Every method throws `corrupt` at the end. */
export interface WindowedFile {
  readonly position: number;
  byte(): Promise<number> | number;
  /** Little-endian, up to 2^53. */
  uint(width: number): Promise<number>;
  bytes(length: number): Promise<Uint8Array>;
  /** Latin-1 text up to the next line feed. The line feed is skipped. */
  line(): Promise<string>;
  skip(length: number): void;
}

const WINDOW_BYTES = 2 ** 20;

/** Limit for a line of text: a number or a name. No published pickle has a longer line. */
const MAX_LINE_BYTES = 2 ** 16;

/** @param range part of the file to read; by default the whole file */
export async function windowedFile(
  path: string,
  handle: FileHandle,
  fail: Fail,
  range?: ByteRange,
): Promise<WindowedFile> {
  const size = range?.to ?? (await handle.stat()).size;
  let window: Uint8Array = new Uint8Array(0);
  let windowStart = 0;
  let position = range?.from ?? 0;

  async function fill(length: number): Promise<void> {
    if (position + length > size) throw endedEarly(path, position + length, fail);
    const fresh = Buffer.alloc(Math.min(Math.max(length, WINDOW_BYTES), size - position));
    const { bytesRead } = await handle.read(fresh, 0, fresh.length, position);
    if (bytesRead < length) throw endedEarly(path, position + length, fail);
    window = fresh.subarray(0, bytesRead);
    windowStart = position;
  }

  const holds = (length: number): boolean => position + length <= windowStart + window.length;

  async function bytes(length: number): Promise<Uint8Array> {
    if (position < windowStart || !holds(length)) await fill(length);
    const from = position - windowStart;
    position += length;
    return window.subarray(from, from + length);
  }

  return {
    get position() {
      return position;
    },
    byte() {
      if (holds(1)) return window[position++ - windowStart]!;
      return bytes(1).then(([first]) => first!);
    },
    async uint(width) {
      const parts = await bytes(width);
      let value = 0;
      for (let i = width - 1; i >= 0; i--) value = value * 256 + parts[i]!;
      if (!Number.isSafeInteger(value)) {
        throw fail(`${path}, byte ${position}: a length of ${value} bytes is impossible`, 'corrupt');
      }
      return value;
    },
    bytes,
    async line() {
      const codes: number[] = [];
      for (;;) {
        const next = holds(1) ? window[position++ - windowStart]! : (await bytes(1))[0]!;
        if (next === 0x0a) return Buffer.from(codes).toString('latin1');
        if (codes.push(next) > MAX_LINE_BYTES) {
          throw fail(`${path}, byte ${position}: a line has no end`, 'corrupt');
        }
      }
    },
    skip(length) {
      if (position + length > size) throw endedEarly(path, position + length, fail);
      position += length;
    },
  };
}

function endedEarly(path: string, wanted: number, fail: Fail): Error {
  return fail(`${path} ends before byte ${wanted}: it is cut off; delete it and fetch it again.`, 'corrupt');
}
