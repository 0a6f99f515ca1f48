/**
 * Encodes the part of WebAssembly's binary format that `row-kernel.ts` needs (webassembly.github.io/spec/core/binary):
 * functions over 32-bit integers and vectors of two doubles or four floats (SIMD, in Node since 16.4), on imported memory.
 */
export type Code = readonly number[];

export interface WasmFunction {
  readonly name: string;
  /** Number of parameters. They are 32-bit integers, at local 0 and up. */
  readonly parameters: number;
  /** Number of further locals: first 32-bit integers, then vectors. */
  readonly integers: number;
  readonly vectors: number;
  /** The function's body; it must leave a double on the stack. */
  readonly code: Code;
}

/** A module that exports these functions and imports `environment.memory`. */
export function encodeModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => {
    const taken = Array.from({ length: parameters }, () => [I32]);
    return [0x60, ...list(taken), ...list([[F64]])];
  });
  const indices = functions.map((_, index) => unsigned(index));
  const exported = functions.map(({ name }, index) => [...text(name), 0, ...indices[index]!]);
  const bodies = functions.map(({ integers, vectors, code }) => {
    const locals = [
      [...unsigned(integers), I32],
      [...unsigned(vectors), V128],
    ];
    return sized([...list(locals), ...code, END]);
  });
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(2, list([[...text('environment'), ...text('memory'), 2, 0, 1]])),
    ...section(3, list(indices)),
    ...section(7, list(exported)),
    ...section(10, list(bodies)),
  ]);
}

const I32 = 0x7f;
const F64 = 0x7c;
const V128 = 0x7b;
const END = 0x0b;

/** Instructions. The code of the operands precedes each instruction. */
export const op = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)],
  advance: (local: number, amount: number): Code => op.set(local, op.add(op.get(local), constant(amount))),
  add: (a: Code, b: Code): Code => [...a, ...b, 0x6a],
  times4: (a: Code): Code => [...a, ...constant(2), 0x74],
  /** Runs the body once, then repeats it while a < b. */
  loopWhileLess: (a: number, b: number, body: Code): Code => [
    ...[0x03, 0x40, ...body],
    ...[...op.get(a), ...op.get(b), 0x49, 0x0d, 0, END],
  ],
  loadInteger: (place: Code): Code => [...place, 0x28, 2, 0],

  zeros: [0xfd, 0x0c, ...Array.from({ length: 16 }, () => 0)] as Code,
  load: (place: Code, offset: number): Code => [...place, ...vector(0x00), ...at(offset)],
  store: (place: Code, value: Code, offset: number): Code => [
    ...[...place, ...value],
    ...[...vector(0x0b), ...at(offset)],
  ],
  /** Loads two floats as doubles. */
  loadTwoFloats: (place: Code, offset: number): Code => [
    ...[...place, ...vector(0x5d), ...at(offset)],
    ...vector(0x5f),
  ],
  /** Stores two doubles as floats. */
  storeTwoFloats: (place: Code, value: Code, offset: number): Code => [
    ...[...place, ...value, ...vector(0x5e)],
    ...[...vector(0x5b), ...at(offset), 0],
  ],
  /** Loads one double into both halves. */
  loadTwice: (place: Code): Code => [...place, ...vector(0x0a), ...at(0)],
  loadDouble: (place: Code, offset: number): Code => [...place, 0x2b, ...at(offset)],
  storeDouble: (place: Code, value: Code, offset: number): Code => [...place, ...value, 0x39, ...at(offset)],

  addFloats: (a: Code, b: Code): Code => [...a, ...b, ...vector(0xe4)],
  timesFloats: (a: Code, b: Code): Code => [...a, ...b, ...vector(0xe6)],
  /** The sum of four floats, as a double. */
  sumOfFloats: (local: number): Code => {
    const [a, b, c, d] = [0, 1, 2, 3].map((lane) => [...op.get(local), ...vector(0x1f), lane]);
    return [...a!, ...b!, 0x92, ...c!, ...d!, 0x92, 0x92, 0xbb];
  },
  addDoubles: (a: Code, b: Code): Code => [...a, ...b, ...vector(0xf0)],
  timesDoubles: (a: Code, b: Code): Code => [...a, ...b, ...vector(0xf2)],
  /** The sum of two doubles. */
  sumOfDoubles: (local: number): Code => {
    const [a, b] = [0, 1].map((lane) => [...op.get(local), ...vector(0x21), lane]);
    return [...a!, ...b!, 0xa0];
  },
  timesDouble: (a: Code, b: Code): Code => [...a, ...b, 0xa2],
  noDouble: [0x44, 0, 0, 0, 0, 0, 0, 0, 0] as Code,
};

function constant(value: number): Code {
  return [0x41, ...signed(value)];
}

function vector(instruction: number): Code {
  return [0xfd, ...unsigned(instruction)];
}

/** The immediates of a load or store: no alignment is promised, and the offset is added to the address. */
function at(offset: number): Code {
  return [0, ...unsigned(offset)];
}

function section(id: number, content: Code): Code {
  return [id, ...sized(content)];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function sized(content: Code): Code {
  return [...unsigned(content.length), ...content];
}

function text(value: string): Code {
  return sized([...Buffer.from(value)]);
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
