/**
 * Vitest's global set-up: renders the icons once for all tests. CLCE_TEST_ICONS names the folder of the packs, and tests copy
 * the packs from there. The packs stay until a file that draws them changes. A pack records the versions of its packages.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { icons } from '../icons/icons.ts';

const SIZES = [32, 16];

const programs = ['icons', 'drawings'].map((folder) =>
  fileURLToPath(new URL(`../${folder}`, import.meta.url)),
);
const cache = fileURLToPath(new URL('../../../../node_modules/.cache/clce-icons', import.meta.url));

export default async function packIcons(): Promise<void> {
  const current = hashOfSources();
  for (const name of existsSync(cache) ? readdirSync(cache) : []) {
    if (name !== current) rmSync(join(cache, name), { recursive: true, force: true });
  }
  const dataRoot = join(cache, current);
  for (const size of SIZES) await icons.load({ dataRoot, size });
  process.env['CLCE_TEST_ICONS'] = dataRoot;
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const folder of programs) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const sources = files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
    for (const name of sources.sort()) hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex').slice(0, 16);
}
