import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seal } from '@clce/files';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { cellKey } from './cell.ts';
import { provenance } from './testing/provenance.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const CELLS = 1000;
/** Node alone opens about thirty. */
const OPEN_FILES = 100;

it('a process reads all cells at once, however few files it may open', async () => {
  const directory = join(temporaryDirectory(), 'runs');
  for (let seed = 0; seed < CELLS; seed++) {
    const key = cellKey({ seed });
    mkdirSync(join(directory, key), { recursive: true });
    const put = (name: string, content: object) =>
      writeFileSync(join(directory, key, name), seal(key, { schemaVersion: 2, ...content }));
    put('provenance.json', { ...provenance, sources: 's', graph: 'g' });
    put('result.json', { spec: { seed }, result: seed });
  }
  const program = fileURLToPath(new URL('./testing/read-all-cells.ts', import.meta.url));
  const tsx = createRequire(import.meta.url).resolve('tsx');
  const { stdout } = await execa('sh', [
    '-c',
    `ulimit -n ${OPEN_FILES}; exec "$@"`,
    ...['sh', process.execPath, '--import', tsx, program, directory],
  ]);
  expect(stdout).toBe(String(CELLS));
});
