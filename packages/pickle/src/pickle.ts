/**
 * Reads Python pickles as data. No code of a pickle is ever run.
 *
 * A pickle is a program for a stack machine (CPython, Lib/pickletools.py describes every opcode). REDUCE and its
 * relatives call any function that the file names; a hostile file calls `os.system`. Here a name outside the caller's
 * vocabulary is an error. A name in the vocabulary stands for the caller's own function, for NumPy arrays or PyTorch
 * tensors.
 *
 * The file is read through a small window, and byte strings stay in the file until they are read. So a pickle of ten
 * gigabytes (tieredImageNet) costs only the memory of its index. Python 2 strings are bytes, and every byte is kept; the
 * pickle readers on npm decode them as Windows-1252, which loses bytes.
 */
import { type FileHandle, open } from 'node:fs/promises';
import {
  type ByteRange,
  type Fail,
  fileBytes,
  type LazyBytes,
  type WindowedFile,
  windowedFile,
} from './lazy-bytes.ts';
import { decimal, rawUnicode, signed, smallest, unquoted } from './text.ts';
import { Constructed, finish, type Item, LAZY_BYTES, Name, type PickleValue } from './value.ts';
import { PLAIN, type Vocabulary } from './vocabulary.ts';

export interface ReadOptions {
  readonly vocabulary: Vocabulary;
  /** Makes the errors: `unsafe` for a name or an opcode that is not allowed, `corrupt` for damage. */
  readonly fail: Fail;
  /** Byte range of the pickle; by default the whole file. */
  readonly range?: ByteRange;
}

/**
 * Reads one pickle of any protocol. `T` is the type of the values that the vocabulary's calls make.
 *
 * @throws the error of `fail`, with the file and the byte
 */
export async function readPickle<T = never>(path: string, options: ReadOptions): Promise<PickleValue<T>> {
  const handle = await open(path, 'r');
  try {
    return await parse<T>(path, handle, options);
  } finally {
    await handle.close();
  }
}

/** Runs the stack machine. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: its switch has one case per opcode, over one shared stack.
async function parse<T>(
  path: string,
  handle: FileHandle,
  { vocabulary, fail, range }: ReadOptions,
): Promise<PickleValue<T>> {
  const file = await windowedFile(path, handle, fail, range);
  const stack: Item[] = [];
  const marks: number[] = [];
  const memo = new Map<number, Item>();
  let at = 0;
  const corrupt = (what: string): Error =>
    fail(`${path}, byte ${at}: ${what}; the pickle is damaged, fetch it again.`, 'corrupt');
  const callOf = (full: string) =>
    [vocabulary.calls, PLAIN].find((calls) => Object.hasOwn(calls, full))?.[full];
  const pop = (): Item => {
    const floor = marks.at(-1) ?? 0;
    if (stack.length <= floor) throw corrupt('the stack is empty');
    return stack.pop() as Item;
  };
  const top = (): Item => {
    if (stack.length === 0) throw corrupt('the stack is empty');
    return stack.at(-1) as Item;
  };
  const sinceMark = (): Item[] => {
    const mark = marks.pop();
    if (mark === undefined) throw corrupt('there is no mark');
    return stack.splice(mark);
  };
  const recall = (key: number): void => {
    const item = memo.get(key);
    if (item === undefined && !memo.has(key)) throw corrupt(`the memo has no entry ${key}`);
    stack.push(item as Item);
  };
  const append = (items: readonly Item[]): void => {
    const list = top();
    if (!Array.isArray(list)) throw corrupt('APPEND needs a list');
    for (const item of items) list.push(item);
  };
  const setItems = (items: readonly Item[]): void => {
    const map = top();
    if (!(map instanceof Map) || items.length % 2 !== 0)
      throw corrupt('SETITEM needs a dictionary and pairs');
    for (let i = 0; i < items.length; i += 2) map.set(items[i] as Item, items[i + 1] as Item);
  };
  const name = (module: string, attribute: string): Name => {
    const full = `${module} ${attribute}`;
    if (callOf(full) === undefined && !vocabulary.names?.has(full)) {
      throw fail(
        `${path}, byte ${at}: the pickle names ${module}.${attribute}, which is not plain data; nothing was run. ` +
          'Do not use this file.',
        'unsafe',
      );
    }
    return new Name(full);
  };
  const number = (text: string): Item => {
    const digits = text.replace(/L$/, '');
    if (!/^-?\d+$/.test(digits)) throw corrupt(`${JSON.stringify(text)} is no integer`);
    return smallest(BigInt(digits));
  };

  for (;;) {
    at = file.position;
    const opcode = String.fromCharCode(await file.byte());
    switch (opcode) {
      case '.': {
        const item = pop();
        return finish<T>(item, corrupt);
      }
      case '\x80': // PROTO
        await file.byte();
        break;
      case '\x95': // FRAME: the length is only a hint for buffering
        await file.uint(8);
        break;
      case '(':
        marks.push(stack.length);
        break;
      case '0':
        pop();
        break;
      case '1':
        sinceMark();
        break;
      case '2':
        stack.push(top());
        break;
      case 'N':
        stack.push(null);
        break;
      case '\x88':
        stack.push(true);
        break;
      case '\x89':
        stack.push(false);
        break;
      case 'I': {
        const text = await file.line();
        // Protocol 0 writes booleans as 00 and 01.
        stack.push(text === '00' ? false : text === '01' ? true : number(text));
        break;
      }
      case 'L':
        stack.push(number(await file.line()));
        break;
      case 'J':
        stack.push((await file.uint(4)) | 0);
        break;
      case 'K':
        stack.push(await file.byte());
        break;
      case 'M':
        stack.push(await file.uint(2));
        break;
      case '\x8a':
        stack.push(signed(await file.bytes(await file.byte())));
        break;
      case '\x8b':
        stack.push(signed(await file.bytes(await file.uint(4))));
        break;
      case 'F':
        stack.push(decimal(await file.line(), corrupt));
        break;
      case 'G':
        stack.push(Buffer.from(await file.bytes(8)).readDoubleBE(0));
        break;
      case 'S':
        stack.push(unquoted(await file.line(), corrupt));
        break;
      case 'V':
        stack.push(rawUnicode(await file.line(), corrupt));
        break;
      case 'T':
      case 'B':
        stack.push(await byteString(file, path, fail, await file.uint(4)));
        break;
      case 'U':
      case 'C':
        stack.push(await byteString(file, path, fail, await file.byte()));
        break;
      case '\x8e':
      case '\x96':
        stack.push(await byteString(file, path, fail, await file.uint(8)));
        break;
      case 'X':
        stack.push(Buffer.from(await file.bytes(await file.uint(4))).toString('utf8'));
        break;
      case '\x8c':
        stack.push(Buffer.from(await file.bytes(await file.byte())).toString('utf8'));
        break;
      case '\x8d':
        stack.push(Buffer.from(await file.bytes(await file.uint(8))).toString('utf8'));
        break;
      case ']':
      case ')':
      case '\x8f':
        stack.push([]);
        break;
      case 'l':
      case 't':
      case '\x91':
        stack.push(sinceMark());
        break;
      case '\x85':
        stack.push([pop()]);
        break;
      case '\x86': {
        const [b, a] = [pop(), pop()];
        stack.push([a, b]);
        break;
      }
      case '\x87': {
        const [c, b, a] = [pop(), pop(), pop()];
        stack.push([a, b, c]);
        break;
      }
      case '}':
        stack.push(new Map());
        break;
      case 'd': {
        const items = sinceMark();
        stack.push(new Map());
        setItems(items);
        break;
      }
      case 'a': {
        const item = pop();
        append([item]);
        break;
      }
      case 'e':
      case '\x90': {
        const items = sinceMark();
        append(items);
        break;
      }
      case 's': {
        const [value, key] = [pop(), pop()];
        setItems([key, value]);
        break;
      }
      case 'u': {
        const items = sinceMark();
        setItems(items);
        break;
      }
      case 'p':
        memo.set(Number(await file.line()), top());
        break;
      case 'q':
        memo.set(await file.byte(), top());
        break;
      case 'r':
        memo.set(await file.uint(4), top());
        break;
      case '\x94':
        memo.set(memo.size, top());
        break;
      case 'g':
        recall(Number(await file.line()));
        break;
      case 'h':
        recall(await file.byte());
        break;
      case 'j':
        recall(await file.uint(4));
        break;
      case 'c':
        stack.push(name(await file.line(), await file.line()));
        break;
      case '\x93': {
        const [attribute, module] = [pop(), pop()];
        if (typeof module !== 'string' || typeof attribute !== 'string') throw corrupt('a name is no text');
        stack.push(name(module, attribute));
        break;
      }
      case 'R': {
        const [args, callee] = [pop(), pop()];
        const call = callee instanceof Name ? callOf(callee.name) : undefined;
        if (call === undefined || !Array.isArray(args))
          throw corrupt('REDUCE needs an allowed name and a tuple');
        stack.push(call(args, corrupt));
        break;
      }
      case 'b': {
        const state = pop();
        const target = top();
        // Ignore attributes of an ordered dictionary, such as the versions that PyTorch stores in them.
        if (target instanceof Map && state instanceof Map) break;
        if (!(target instanceof Constructed)) throw corrupt('BUILD needs an object that takes a state');
        target.build(state, corrupt);
        break;
      }
      case 'Q': {
        const id = pop();
        if (vocabulary.persistent === undefined) throw corrupt('the format has no persistent ids');
        stack.push(vocabulary.persistent(id, corrupt));
        break;
      }
      case 'i':
      case 'o':
      case '\x81':
      case '\x92':
      case 'P':
      case '\x82':
      case '\x83':
      case '\x84':
        throw fail(
          `${path}, byte ${at}: the pickle makes an object (opcode 0x${opcode.charCodeAt(0).toString(16)}), which is ` +
            'not plain data; nothing was run. Do not use this file.',
          'unsafe',
        );
      default:
        throw corrupt(`0x${opcode.charCodeAt(0).toString(16)} is no opcode`);
    }
  }
}

async function byteString(
  file: WindowedFile,
  path: string,
  fail: Fail,
  length: number,
): Promise<string | LazyBytes> {
  if (length < LAZY_BYTES) return Buffer.from(await file.bytes(length)).toString('latin1');
  const start = file.position;
  file.skip(length);
  return fileBytes(path, start, length, fail);
}
