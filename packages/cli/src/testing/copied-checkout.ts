/** For tests: a copy of this checkout whose sources may be edited. */
import { cpSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

export const tsx = createRequire(import.meta.url).resolve('tsx');
const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));

/** Without what was built or compiled. @param root a folder that is there */
export function copyCheckout(root: string): void {
  for (const path of ['packages', 'benchmarks', 'package.json', 'pnpm-lock.yaml']) {
    cpSync(join(REPOSITORY, path), join(root, path), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !/[/\\](dist|\.cache)$/.test(source),
    });
  }
  for (const name of ['node_modules', 'results']) symlinkSync(join(REPOSITORY, name), join(root, name));
}

/** The command of a copied checkout, compiled and from its sources, and the folder of its compiled forms. */
export function commandOf(root: string) {
  const cli = join(root, 'packages/cli');
  const run = (...words: string[]) => execa(process.execPath, words, { cwd: root, reject: false });
  return {
    cli,
    cache: join(cli, 'node_modules/.cache/clce'),
    clce: (...words: string[]) => run(join(cli, 'start.mjs'), ...words),
    fromSources: (...words: string[]) => run('--import', tsx, join(cli, 'src/main.ts'), ...words),
  };
}
