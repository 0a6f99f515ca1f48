/**
 * Reads FlatBuffers (flatbuffers.dev, "Internals") through their library and checks every offset: a file may claim any
 * place for a table.
 */
import { ByteBuffer } from 'flatbuffers';

/** An offset outside the buffer, or a length that exceeds it. */
export class FlatBufferFault extends Error {
  override readonly name = 'FlatBufferFault';
}

class CheckedBuffer extends ByteBuffer {
  override readUint8(offset: number): number {
    return super.readUint8(this.inside(offset, 1));
  }
  // The library reads its other integers, vtables and vectors through these two methods.
  override readInt16(offset: number): number {
    return super.readInt16(this.inside(offset, 2));
  }
  override readInt32(offset: number): number {
    return super.readInt32(this.inside(offset, 4));
  }

  inside(offset: number, bytes: number): number {
    if (offset >= 0 && offset + bytes <= this.capacity()) return offset;
    throw new FlatBufferFault(`${bytes} bytes at ${offset} lie outside its ${this.capacity()} bytes`);
  }
}

/** A table of a buffer. A field's number is its position in the schema. */
export class FlatTable {
  readonly #buffer: CheckedBuffer;
  readonly #at: number;

  private constructor(buffer: CheckedBuffer, at: number) {
    this.#buffer = buffer;
    this.#at = at;
  }

  /** The root of a buffer. @throws FlatBufferFault */
  static root(bytes: Uint8Array): FlatTable {
    const buffer = new CheckedBuffer(bytes);
    return new FlatTable(buffer, buffer.__indirect(0));
  }

  uint8(field: number, absent: number): number {
    const at = this.#place(field);
    return at === 0 ? absent : this.#buffer.readUint8(at);
  }

  uint32(field: number, absent: number): number {
    const at = this.#place(field);
    return at === 0 ? absent : this.#buffer.readUint32(at);
  }

  string(field: number): string {
    return Buffer.from(this.bytes(field)).toString('utf8');
  }

  /** A vector of bytes, without a copy; empty if it is absent. */
  bytes(field: number): Uint8Array {
    const { start, length } = this.#vector(field, 1);
    return this.#buffer.bytes().subarray(start, start + length);
  }

  int32s(field: number): number[] {
    const { start, length } = this.#vector(field, 4);
    return Array.from({ length }, (_, k) => this.#buffer.readInt32(start + 4 * k));
  }

  tables(field: number): FlatTable[] {
    const { start, length } = this.#vector(field, 4);
    return Array.from(
      { length },
      (_, k) => new FlatTable(this.#buffer, this.#buffer.__indirect(start + 4 * k)),
    );
  }

  /** Whether the field is present. */
  has(field: number): boolean {
    return this.#place(field) !== 0;
  }

  #vector(field: number, elementBytes: number): { start: number; length: number } {
    const at = this.#place(field);
    if (at === 0) return { start: 0, length: 0 };
    const vector = this.#buffer.__indirect(at);
    const length = this.#buffer.readUint32(vector);
    this.#buffer.inside(vector + 4, length * elementBytes);
    return { start: vector + 4, length };
  }

  /** The offset of the field; 0 if it is absent. */
  #place(field: number): number {
    const offset = this.#buffer.__offset(this.#at, 4 + 2 * field);
    return offset === 0 ? 0 : this.#at + offset;
  }
}
