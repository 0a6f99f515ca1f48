/** Folders that flags name when the user does not: the repository's own, wherever the command is run. */
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Suite } from '@clce/experiments';

export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

/** That folder of the repository as a path from the working directory. */
export function inRepository(folder: string): string {
  return relative(process.cwd(), join(REPOSITORY, folder)) || '.';
}

/** Where tables are looked for: the user's own come before the reference tables. */
export function tableFolders(): string[] {
  return ['tables', 'results'].map(inRepository);
}

/** `tables/SUITE.csv`, or `tables/SUITE-PRESET.csv` for a preset that is not the default; reference tables are in `results/`. */
export function tableOf(
  { name, defaultPreset }: Pick<Suite, 'name' | 'defaultPreset'>,
  preset: string,
  reference: boolean,
): string {
  const file = preset === defaultPreset ? `${name}.csv` : `${name}-${preset}.csv`;
  return join(inRepository(reference ? 'results' : 'tables'), file);
}
