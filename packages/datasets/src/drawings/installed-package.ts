import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DatasetError } from '../errors.ts';

const require = createRequire(import.meta.url);

/**
 * Reads a file of an installed package.
 *
 * @param file path in the package, such as `package.json`
 * @throws {DatasetError} naming the package and the file if the file is missing
 */
export async function readInstalled(name: string, file: string): Promise<Buffer> {
  // The exports of a package may leave out its own package.json, so they are not asked.
  const places = (require.resolve.paths(name) ?? []).map((folder) => join(folder, name, file));
  const place = places.find((path) => existsSync(path));
  if (place !== undefined) return readFile(place);
  throw new DatasetError(`${file} of the package ${name} is missing; ${REINSTALL}.`, 'missing');
}

/** @throws {DatasetError} naming the file if it is missing or no JSON */
export async function readInstalledJson(name: string, file: string): Promise<unknown> {
  const text = (await readInstalled(name, file)).toString();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DatasetError(`${file} of the package ${name} is no JSON; ${REINSTALL}.`, 'corrupt', { cause });
  }
}

/** The version of an installed package. @throws {DatasetError} as `readInstalledJson` does */
export async function installedVersion(name: string): Promise<string> {
  return ((await readInstalledJson(name, 'package.json')) as { version: string }).version;
}

/** How a user mends a package, for the end of a message. */
export const REINSTALL = 'run "npx --yes pnpm@12.21.0 install --force" in the folder of this project';
