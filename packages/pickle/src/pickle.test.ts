import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fail, LazyBytes } from './lazy-bytes.ts';
import { type ReadOptions, readPickle } from './pickle.ts';
import type { PickleValue } from './value.ts';

const fixture = (protocol: number) =>
  fileURLToPath(new URL(`../../../fixtures/pickles/protocol-${protocol}.pkl`, import.meta.url));

class PickleFault extends Error {
  readonly fault: 'corrupt' | 'unsafe';
  constructor(...[message, fault]: Parameters<Fail>) {
    super(message);
    this.fault = fault;
  }
}

const options: ReadOptions = {
  vocabulary: { calls: {} },
  fail: (message, fault) => new PickleFault(message, fault),
};

let file: string;
beforeAll(() => {
  file = join(mkdtempSync(join(tmpdir(), 'clce-pickle-')), 'it.pkl');
});
afterAll(() => rmSync(join(file, '..'), { recursive: true }));

function read(bytes: Uint8Array | string): Promise<PickleValue<never>> {
  writeFileSync(file, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  return readPickle(file, options);
}

describe.each([0, 1, 2, 3, 4, 5])('what CPython writes in protocol %i', (protocol) => {
  it('is read: numbers, text, bytes, tuples, lists and dictionaries', async () => {
    const value = (await readPickle(fixture(protocol), options)) as Map<string, never>;
    const { long, shared, ...rest } = Object.fromEntries(value) as Record<string, unknown>;
    expect(rest).toEqual({
      numbers: [0, 1, -2, 300, 70000, 12345678901234567890n, -(2n ** 70n), 1.5, -0.25, 1e-20],
      infinite: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
      constants: [true, [false, null]],
      text: 'naïve ✓ 😀',
      // Bytes are Latin-1 text.
      short: "\x00'\\\n\xff",
      empty: [[], [], new Map(), '', ''],
    });
    const bytes = long as LazyBytes;
    expect(bytes.length).toBe(256);
    expect([...(await bytes.read(250, 253))]).toEqual([250, 251, 252]);
    expect([...(await bytes.read())]).toEqual(Array.from({ length: 256 }, (_, at) => at));
    const [first, second] = shared as [string[], string[]];
    expect(first).toEqual(['once', 'twice']);
    expect(second).toBe(first);
  });

  it('is read from the middle of a file', async () => {
    const bytes = readFileSync(fixture(protocol));
    writeFileSync(file, Buffer.concat([Buffer.from('before.'), bytes, Buffer.from('after.')]));
    const range = { from: 7, to: 7 + bytes.length };
    const value = (await readPickle(file, { ...options, range })) as Map<string, never>;
    expect(value.get('text')).toBe('naïve ✓ 😀');
    expect((await (value.get('long')! as LazyBytes).read(254))[1]).toBe(255);
    await expect(readPickle(file, { ...options, range: { ...range, to: range.to - 1 } })).rejects.toThrow(
      PickleFault,
    );
  });
});

// They have all opcodes of the others.
describe.each([0, 2, 4])('a changed file of protocol %i', (protocol) => {
  it('is damaged wherever it is cut off', async () => {
    const bytes = readFileSync(fixture(protocol));
    for (let length = 0; length < bytes.length; length++) {
      const refused = await read(bytes.subarray(0, length)).catch((error: unknown) => error);
      expect(refused, `${length} bytes`).toMatchObject({ fault: 'corrupt' });
    }
  });

  it('is read or refused with the error of the caller, whichever byte changes', async () => {
    const bytes = readFileSync(fixture(protocol));
    const outcomes = { read: 0, corrupt: 0, unsafe: 0 };
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << (at % 8);
      try {
        await read(changed);
        outcomes.read++;
      } catch (error) {
        if (!(error instanceof PickleFault)) throw new Error(`byte ${at}`, { cause: error });
        outcomes[error.fault]++;
      }
    }
    expect(outcomes.read).toBeGreaterThan(0);
    expect(outcomes.corrupt).toBeGreaterThan(0);
  });
});

describe('a pickle that would run code is refused, and nothing runs', () => {
  const mark = join(tmpdir(), `clce-pickle-ran-${process.pid}`);
  // CPython's pickle.loads runs `touch` on each but the last.
  it.each([
    ['os.system by REDUCE', `cos\nsystem\n(S'touch ${mark}'\ntR.`, 'names os.system'],
    [
      'posix.system by STACK_GLOBAL',
      `\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c${String.fromCharCode(mark.length + 6)}touch ${mark}\x85R.`,
      'names posix.system',
    ],
    [
      'builtins.eval',
      `cbuiltins\neval\n(S'__import__("os").system("touch ${mark}")'\ntR.`,
      'names builtins.eval',
    ],
    ['os.system by INST', `(S'touch ${mark}'\nios\nsystem\n.`, 'opcode 0x69'],
    ['os.system by OBJ', `(cos\nsystem\nS'touch ${mark}'\no.`, 'names os.system'],
    ['a name that is fetched and not called', 'cos\nsystem\n.', 'names os.system'],
  ])('%s', async (_, bytes, what) => {
    const refused = await read(bytes).catch((error: unknown) => error);
    expect(refused).toMatchObject({ fault: 'unsafe', message: expect.stringContaining(what) });
    expect(refused).toMatchObject({ message: expect.stringContaining('nothing was run') });
    expect(existsSync(mark)).toBe(false);
  });
});

describe('a damaged pickle is refused with the file and the byte', () => {
  it.each([
    ['is empty', '', /ends before byte 1/],
    ['has no such opcode', '\x80\x02\xff.', /byte 2: 0xff is no opcode/],
    ['pops more than there is', '\x80\x020.', /byte 2: the stack is empty/],
    ['has no mark', '\x80\x02e.', /there is no mark/],
    ['remembers nothing', '\x80\x02h\x07.', /the memo has no entry 7/],
    ['says a string of 4 GB', '\x80\x02T\xff\xff\xff\xff.', /ends before byte/],
    ['says a string of 2^63 bytes', '\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.', /is impossible/],
    ['nests a thousand lists', `${']'.repeat(1000)}${'a'.repeat(999)}.`, /nested more than 64 deep/],
    ['contains itself', ']q\x00h\x00a.', /contains itself/],
    ['calls a number', 'I1\n)R.', /REDUCE needs an allowed name/],
    ['makes a dictionary of no pairs', 'ccollections\nOrderedDict\n(]I1\natR.', /an OrderedDict needs pairs/],
    ['names a module by a list', '\x80\x04]\x8c\x01a\x93.', /a name is no text/],
    ['has a number that is none', 'F1,5\n.', /"1,5" is no number/],
    ['has a character beyond Unicode', 'V\\U00110000\n.', /no character of Unicode/],
  ])('one that %s', async (_, bytes, what) => {
    const refused = await read(bytes).catch((error: unknown) => error);
    expect(refused).toMatchObject({ fault: 'corrupt', message: expect.stringContaining(file) });
    expect(refused).toMatchObject({ message: expect.stringMatching(what) });
  });

  it('a list of a list of a list, each twice, is no larger than its file', async () => {
    // [], then 60 times [it, it]: 2^60 lists if each were written out.
    let value = await read(`]p0\n${'(g0\ng0\nlp0\n'.repeat(60)}.`);
    let depth = 0;
    for (; Array.isArray(value) && value.length > 0; depth++) {
      expect(value[0]).toBe(value[1]);
      value = value[0]!;
    }
    expect(depth).toBe(60);
  });
});
