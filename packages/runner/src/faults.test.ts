/** Every file operation of a run fails once, in turn: nothing is lost or torn, and the next run ends as an undisturbed one. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { type FileOperations, FileWriteError } from '@clce/files';
import { expect, it } from 'vitest';
import type { Cell } from './cell.ts';
import { cellKey } from './cell.ts';
import { openLeases } from './leases/leases.ts';
import { openLedger } from './ledger.ts';
import { type CellOutcome, runCells } from './local-executor.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

interface Spec {
  readonly seed: number;
}

const cells: Cell<Spec>[] = [0, 1].map((seed) => ({
  key: cellKey({ seed }),
  label: `seed ${seed}`,
  spec: { seed },
}));
const environment = {
  ...{ commit: null, dirty: null, node: '', platform: '', cpu: '', instructionSets: null },
  ...{ cores: 1, packages: {} },
};

function runOn(directory: string, files: FileOperations): Promise<CellOutcome<Cell<Spec>, number>[]> {
  return runCells({
    cells,
    ledger: openLedger({ directory, parseResult: Number, files }),
    leases: openLeases({ directory, files }),
    run: async ({ seed }) => 2 * seed,
    environment,
  });
}

/** node:fs/promises, whose n-th operation fails with that code; counts them all. */
function failing(n: number, code: string): { files: FileOperations; count: () => number } {
  let count = 0;
  const guarded =
    <Words extends unknown[], Value>(operation: (...words: Words) => Promise<Value>) =>
    (...words: Words): Promise<Value> =>
      count++ === n
        ? Promise.reject(Object.assign(new Error(`${code}: injected`), { code }))
        : operation(...words);
  const files = {
    appendFile: guarded(nodeFiles.appendFile) as typeof nodeFiles.appendFile,
    mkdir: guarded(nodeFiles.mkdir) as typeof nodeFiles.mkdir,
    rename: guarded(nodeFiles.rename),
    rm: guarded(nodeFiles.rm),
    open: guarded(async (...words: Parameters<typeof nodeFiles.open>) => {
      const file = await nodeFiles.open(...words);
      const { writeFile, sync } = file;
      file.writeFile = guarded(writeFile.bind(file));
      file.sync = guarded(sync.bind(file));
      return file;
    }),
  };
  return { files, count: () => count };
}

const resultOf = (directory: string, key: string): string =>
  readFileSync(join(directory, key, 'result.json'), 'utf8');

it.each(['ENOSPC', 'EIO', 'EACCES'])('%s in each operation in turn', async (code) => {
  const undisturbed = temporaryDirectory();
  const counting = failing(-1, '');
  await runOn(undisturbed, counting.files);
  expect(counting.count()).toBeGreaterThan(30);
  const results = cells.map(({ key }) => resultOf(undisturbed, key));

  let failures = 0;
  for (let n = 0; n < counting.count(); n++) {
    const directory = temporaryDirectory();
    const outcomes = await runOn(directory, failing(n, code).files);
    for (const [at, outcome] of outcomes.entries()) {
      if (outcome.kind === 'failed') {
        failures++;
        expect(outcome.error, `operation ${n}`).toBeInstanceOf(FileWriteError);
        expect(outcome.error.message).toMatch(/^cannot write .*: (the disk is full|EIO|EACCES)/);
      }
      if (outcome.kind === 'done') expect(resultOf(directory, cells[at]!.key)).toBe(results[at]);
    }
    // What is there is whole, whatever was reported.
    for (const [at, { key }] of cells.entries()) {
      const { state } = await openLedger({ directory, parseResult: Number }).read(key);
      expect(state).not.toBe('disbelieved');
      if (state === 'present') expect(resultOf(directory, key)).toBe(results[at]);
    }
    await endedLongAgo(directory);
    const again = await runOn(directory, nodeFiles);
    expect(again.map(({ kind }) => kind)).toEqual(['done', 'done']);
    expect(cells.map(({ key }) => resultOf(directory, key))).toEqual(results);
  }
  // Nearly all of them matter; those that only tidy up do not.
  expect(failures).toBeGreaterThan(counting.count() / 2);
});

/** Leases that could not be removed belong to this process, which still runs; as the next run sees them, it does not. */
async function endedLongAgo(directory: string): Promise<void> {
  const folder = join(directory, '.leases');
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) {
    const owner = JSON.parse(readFileSync(join(folder, name), 'utf8')) as object;
    writeFileSync(join(folder, name), JSON.stringify({ ...owner, started: '1' }));
  }
}

it('treats a result truncated at any byte as invalid', async () => {
  const directory = temporaryDirectory();
  await runOn(directory, nodeFiles);
  const [{ key }] = cells as [Cell<Spec>];
  const file = join(directory, key, 'result.json');
  const whole = readFileSync(file, 'utf8');
  const ledger = openLedger({ directory, parseResult: Number });
  for (let length = 0; length < whole.trimEnd().length; length++) {
    writeFileSync(file, whole.slice(0, length));
    expect((await ledger.read(key)).state, `${length} bytes`).toBe('disbelieved');
  }
});
