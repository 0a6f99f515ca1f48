import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileOperations, FileWriteError } from './atomic-file.ts';
import { type ListedFiles, settleFiles, writeFileSet } from './file-set.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-set-'));
});
afterEach(() => rmSync(root, { recursive: true }));

type Contents = Readonly<Record<string, string>>;

/** Writes a set whose list is `list.json`, after what the list there says. */
function write(folder: string, files: Contents, operations?: FileOperations): Promise<string[]> {
  const former = listIn(folder)?.files ?? {};
  return writeFileSet(
    { folder, files, former, list: { name: 'list.json', textOf: (listed) => JSON.stringify(listed) } },
    operations,
  );
}

function listIn(folder: string): ListedFiles | undefined {
  if (!readdirSync(folder).includes('list.json')) return undefined;
  return JSON.parse(readFileSync(join(folder, 'list.json'), 'utf8')) as ListedFiles;
}

/** What a reader finds: it settles what the list says. The list itself and files beside are left out. */
async function seen(folder: string): Promise<Contents> {
  const listed = listIn(folder);
  if (listed !== undefined) expect(await settleFiles(folder, listed)).toEqual([]);
  const names = readdirSync(folder).filter((name) => !name.startsWith('.') && name !== 'list.json');
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** The n-th operation and all later operations fail, as after a kill; a write that fails has written a half. */
function killedAt(n: number): { readonly operations: FileOperations; readonly count: () => number } {
  let count = 0;
  const alive = () => count++ < n;
  const killed = () => Promise.reject(Object.assign(new Error('EIO: killed'), { code: 'EIO' }));
  const guarded =
    <Words extends unknown[], Value>(operation: (...words: Words) => Promise<Value>) =>
    (...words: Words): Promise<Value> =>
      alive() ? operation(...words) : killed();
  const operations = {
    ...nodeFiles,
    mkdir: guarded(nodeFiles.mkdir) as typeof nodeFiles.mkdir,
    rename: guarded(nodeFiles.rename),
    rm: guarded(nodeFiles.rm),
    open: guarded(async (...words: Parameters<typeof nodeFiles.open>) => {
      const file = await nodeFiles.open(...words);
      const { writeFile, sync } = file;
      file.writeFile = async (content) => {
        if (alive()) return writeFile.call(file, content);
        await writeFile.call(file, String(content).slice(0, String(content).length / 2));
        return killed();
      };
      file.sync = guarded(sync.bind(file));
      return file;
    }),
  };
  return { operations, count: () => count };
}

const old = { 'a.csv': 'old a', 'b.csv': 'old b', 'c.svg': 'old c' };
const next = { 'a.csv': 'new a', 'b.csv': 'old b', 'd.csv': 'new d' };

describe('a set of files', () => {
  it('is the former set or the new set after a kill at any operation', async () => {
    await write(root, old);
    const counting = killedAt(Number.POSITIVE_INFINITY);
    const probe = mkdtempSync(join(root, 'probe-'));
    await write(probe, old);
    await write(probe, next, counting.operations);
    expect(counting.count()).toBeGreaterThan(15);

    const outcomes = new Set<string>();
    for (let n = 0; n < counting.count(); n++) {
      const folder = mkdtempSync(join(root, 'killed-'));
      await write(folder, old);
      const writing = write(folder, next, killedAt(n).operations);
      await writing.then(
        () => {},
        (error: unknown) => expect(error).toBeInstanceOf(FileWriteError),
      );
      const found = await seen(folder);
      expect([old, next], `operation ${n}`).toContainEqual(found);
      outcomes.add(found['a.csv']!);
      // The next run writes the set whole, whatever was left.
      await write(folder, next);
      expect(await seen(folder)).toEqual(next);
    }
    expect(outcomes).toEqual(new Set(['old a', 'new a']));
  });

  it('any two sets, a kill anywhere, and a reader that is killed too', async () => {
    const sets = fc.dictionary(
      fc.constantFrom('a.csv', 'b.csv', 'c.svg', 'd.png'),
      fc.constantFrom('', 'x', 'yy'),
      {
        minKeys: 1,
        noNullPrototype: true,
      },
    );
    await fc.assert(
      fc.asyncProperty(sets, sets, fc.nat(40), fc.nat(6), async (one, two, writer, reader) => {
        const folder = mkdtempSync(join(root, 'random-'));
        await write(folder, one);
        await write(folder, two, killedAt(writer).operations).catch(() => {});
        await settleFiles(folder, listIn(folder)!, killedAt(reader).operations);
        expect([one, two]).toContainEqual(await seen(folder));
        rmSync(folder, { recursive: true });
      }),
      { seed: 6, numRuns: 60 },
    );
  });

  it('leaves nothing beside itself', async () => {
    await write(root, old);
    await write(root, next);
    expect(readdirSync(root).sort()).toEqual(['a.csv', 'b.csv', 'd.csv', 'list.json']);
  });

  it('removes what an earlier kill has left, an hour later', async () => {
    await write(root, next, killedAt(8).operations).catch(() => {});
    const [left] = readdirSync(root).filter((name) => name.startsWith('.a.csv.'));
    expect(left).toBeDefined();
    await write(root, old);
    expect(readdirSync(root)).toContain(left);
    utimesSync(join(root, left!), 0, 0);
    await write(root, old);
    expect(readdirSync(root)).not.toContain(left);
  });

  it('leaves a file of the former set alone that somebody has changed, and names it', async () => {
    await write(root, old);
    writeFileSync(join(root, 'c.svg'), 'mine');
    expect(await write(root, next)).toEqual(['c.svg']);
    expect(await seen(root)).toEqual({ ...next, 'c.svg': 'mine' });
  });

  it('a file that somebody changes or removes afterwards is named', async () => {
    await write(root, old);
    const listed = listIn(root)!;
    writeFileSync(join(root, 'a.csv'), 'mine');
    rmSync(join(root, 'b.csv'));
    expect(await settleFiles(root, listed)).toEqual([{ name: 'a.csv' }, { name: 'b.csv' }]);
    expect(readFileSync(join(root, 'a.csv'), 'utf8')).toBe('mine');
  });
});
