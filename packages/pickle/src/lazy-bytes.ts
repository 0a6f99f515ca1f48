/** Bytes that stay in their file until they are wanted, and a window for reading a large file from front to back. */
import { type FileHandle, open } from 'node:fs/promises';

/** Makes the reader's own error from a line that names the file and the byte. */
export type Fail = (message: string, fault: 'corrupt' | 'unsafe') => Error;

export interface LazyBytes {
  readonly kind: 'bytes';
  readonly length: number;
  /** Bytes from `start` up to `end`, all by default; a fresh array or a view that must not be written to. */
  read(start?: number, end?: number): Promise<Uint8Array>;
}

export function memoryBytes(bytes: Uint8Array): LazyBytes {
  return { kind: 'bytes', length: bytes.length, read: async (start, end) => bytes.subarray(start, end) };
}

/** The `length` bytes at `offset` of a file; the file is opened for each read, so nothing has to be closed. */
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

/** Bytes `from` … `to` of a file. */
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
  /** Latin-1 text up to the next line feed, which is passed over. */
  line(): Promise<string>;
  skip(length: number): void;
}

const WINDOW_BYTES = 2 ** 20;

/** No line of a published pickle is longer; text lines are numbers and names. */
const MAX_LINE_BYTES = 2 ** 16;

/** @param range the part of the file that is read; all of it without one */
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
        throw fail(`${path}, byte ${position}: a length of ${value} bytes cannot be`, 'corrupt');
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
