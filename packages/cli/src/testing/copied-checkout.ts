/** For tests: a copy of this checkout whose sources may be edited. */
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
