import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Unpack } from '../adapter.ts';
import { DatasetError } from '../errors.ts';
import { noise, tar, tarGz, zip } from '../testing/tiny/archives.ts';
import { type OpenOutput, unpack } from './unpack.ts';

let root: string;
let target: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-unpack-'));
  target = join(root, 'in', 'extracted');
  mkdirSync(target, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

async function run(name: string, bytes: Buffer, how: Unpack, open?: OpenOutput): Promise<void> {
  writeFileSync(join(root, name), bytes);
  const file = { name, urls: [], checksum: 'pinned' as const, unpack: how };
  await unpack(file, join(root, name), target, open);
}

async function faultOf(action: Promise<void>): Promise<[fault: string, message: string]> {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DatasetError)) throw new Error(`expected a DatasetError, got ${String(error)}`);
  return [error.fault, error.message];
}

/** What lies beside and above the target, where no entry may land. */
function outside(): string[] {
  return [...readdirSync(root), ...readdirSync(join(root, 'in'))].filter((name) => name !== 'set.tar');
}

/** A ustar header and its content, written by hand: the type is a byte, `1` a hard link, `2` a symbolic one. */
function tarEntry(name: string, type: string, linkName = '', content = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 'latin1');
  header.write('0000644\0'.repeat(3), 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0        ', 136);
  header.write(type, 156);
  header.write(linkName, 157);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc(-content.length & 511)]);
}

const END = Buffer.alloc(1024);
const TAR: Unpack = { format: 'tar' };

describe('unpack', () => {
  const tree = { 'a/one.txt': Buffer.from('one'), 'a/b/two.bin': Buffer.from(noise(1, 5000)) };
  const arrived = (): void => {
    expect(readFileSync(join(target, 'a/one.txt'), 'utf8')).toBe('one');
    expect(readFileSync(join(target, 'a/b/two.bin')).equals(tree['a/b/two.bin'])).toBe(true);
  };

  it('reads tar, gzipped tar whatever its name, and zip', async () => {
    for (const [bytes, how] of [
      [tar(tree), TAR],
      [tarGz(tree), TAR],
      [zip(tree), { format: 'zip' }],
    ] as const) {
      await run('archive', bytes, how);
      arrived();
      rmSync(target, { recursive: true });
    }
  });

  it('unpacks into a folder, one gzipped file, a file as it is, and tars within a tar', async () => {
    await run('archive', tar(tree), { format: 'tar', into: 'deep/er' });
    expect(readdirSync(join(target, 'deep/er/a'))).toEqual(['b', 'one.txt']);
    await run('list.csv.gz', gzipSync('x,y'), { format: 'gzip' });
    expect(readFileSync(join(target, 'list.csv'), 'utf8')).toBe('x,y');
    await run('labels.mat', Buffer.from('m'), { format: 'copy' });
    expect(readFileSync(join(target, 'labels.mat'), 'utf8')).toBe('m');
    await run('outer', tar({ 'n01.tar': tar({ 'n01_1.JPEG': Buffer.from('j') }) }), {
      format: 'tar',
      nestedTars: true,
    });
    expect(readFileSync(join(target, 'n01/n01_1.JPEG'), 'utf8')).toBe('j');
  });
});

describe('attacks', () => {
  const evil = Buffer.from('evil');

  it.each(['../evil', 'a/../../evil', '/tmp/clce-evil', 'C:/evil', 'a\\..\\..\\evil', './../evil'])(
    'a tar entry called %s',
    async (name) => {
      const [fault, message] = await faultOf(
        run('set.tar', Buffer.concat([tarEntry(name, '0', '', evil), END]), TAR),
      );
      expect(fault).toBe('unsafe-path');
      expect(message).toContain(JSON.stringify(name));
      expect(outside()).toEqual(['in', 'extracted']);
      expect(existsSync('/tmp/clce-evil')).toBe(false);
    },
  );

  it.each(['../evil', 'a/../../evil', '/tmp/clce-evil', 'C:/evil', 'a\\..\\..\\evil'])(
    'a zip entry called %s',
    async (name) => {
      const [fault] = await faultOf(run('set.tar', zip({ [name]: evil }), { format: 'zip' }));
      expect(fault).toBe('unsafe-path');
      expect(outside()).toEqual(['in', 'extracted']);
    },
  );

  it.each([
    ['a symbolic link', '2', '/etc'],
    ['a hard link', '1', '../../secret'],
    ['a character device', '3', ''],
    ['a block device', '4', ''],
    ['a pipe', '6', ''],
  ])('%s in a tar, and a file written through it', async (_, type, to) => {
    const bytes = Buffer.concat([tarEntry('link', type, to), tarEntry('link/evil', '0', '', evil), END]);
    const [fault, message] = await faultOf(run('set.tar', bytes, TAR));
    expect(fault).toBe('unsafe-entry');
    expect(message).toContain('link');
    expect(readdirSync(target)).toEqual([]);
  });

  it('a symbolic link in a zip', async () => {
    const bytes = zip({ link: Buffer.from('/etc/passwd') });
    // Of the entry's record in the central directory: made on Unix (3), a symbolic link (0o120777).
    const record = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
    bytes[record + 5] = 3;
    bytes.writeUInt32LE((0o120777 << 16) >>> 0, record + 38);
    expect((await faultOf(run('set.tar', bytes, { format: 'zip' })))[0]).toBe('unsafe-entry');
    expect(readdirSync(target)).toEqual([]);
  });

  it('a bomb of zeros, as tar, zip and one file', async () => {
    const zeros = Buffer.alloc(2 ** 24);
    expect((await faultOf(run('set.tar', tarGz({ zeros }), TAR)))[0]).toBe('too-large');
    expect((await faultOf(run('set.tar', zip({ zeros: zeros }), { format: 'zip', into: 'z' })))[0]).toBe(
      'too-large',
    );
    expect((await faultOf(run('b.gz', gzipSync(zeros), { format: 'gzip' })))[0]).toBe('too-large');
  });

  it('more entries, or more bytes, than the limits', async () => {
    const many = tar(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${i}`, evil])));
    expect(await faultOf(run('set.tar', many, { ...TAR, limits: { entries: 10 } }))).toEqual([
      'too-large',
      expect.stringContaining('more than 10 entries'),
    ]);
    expect((await faultOf(run('set.tar', many, { ...TAR, into: 'b', limits: { bytes: 20 } })))[0]).toBe(
      'too-large',
    );
  });

  it('a tar within a tar that leads out, and one that is a bomb', async () => {
    const nested: Unpack = { format: 'tar', nestedTars: true };
    const out = tar({ 'inner.tar': Buffer.concat([tarEntry('../../evil', '0', '', evil), END]) });
    expect((await faultOf(run('set.tar', out, nested)))[0]).toBe('unsafe-path');
    const bomb = tarGz({ 'inner.tar': tar({ zeros: Buffer.alloc(2 ** 24) }) });
    expect((await faultOf(run('set.tar', bomb, nested)))[0]).toBe('too-large');
  });

  it('a tar or zip that writes a file twice', async () => {
    const twice = Buffer.concat([tarEntry('a', '0', '', evil), tarEntry('a', '0', '', evil), END]);
    expect(await faultOf(run('set.tar', twice, TAR))).toEqual(['corrupt', expect.stringContaining('twice')]);
  });

  const content = Buffer.from(noise(2, 20_000));
  it.each([
    ['tar', tar({ content }), TAR],
    ['gzipped tar', tarGz({ content }), TAR],
    ['zip', zip({ content }), { format: 'zip' }],
    ['gzip', gzipSync(content), { format: 'gzip' }],
  ] as const)('a truncated %s', async (_, bytes, how) => {
    expect((await faultOf(run('set.gz', bytes.subarray(0, 10_000), how)))[0]).toBe('corrupt');
  });

  it.each([
    ['header of a tar', tar({ content }), 10, TAR],
    ['content of a gzipped tar', tarGz({ content }), 10_000, TAR],
    ['content of a zip', zip({ content }), 10_000, { format: 'zip' }],
    ['content of a gzip', gzipSync(content), 10_000, { format: 'gzip' }],
  ] as const)('a flipped bit in the %s', async (_, bytes, at, how) => {
    const flipped = Buffer.from(bytes);
    flipped[at] = flipped[at]! ^ 4;
    expect((await faultOf(run('set.gz', flipped, how)))[0]).toBe('corrupt');
  });

  it('a full disk', async () => {
    const full: OpenOutput = () =>
      new Writable({
        write: (_chunk, _encoding, done) => done(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })),
      });
    expect((await faultOf(run('set.tar', tar({ content }), TAR, full)))[0]).toBe('disk-full');
  });
});
