#!/usr/bin/env node
/**
 * The program behind `./clce` and the scripts of package.json: `main.ts`, compiled. It compiles first where a source has changed, and
 * runs the sources where it cannot compile: in a checkout that is read-only, or in which a source has a mistake.
 *
 * A compiled form lies in a folder that is named after the sources and never changes. So two commands may compile at once, and a run
 * keeps the code that it has started with.
 */
import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const CLI = fileURLToPath(new URL('.', import.meta.url));
const CHECKOUT = join(CLI, '../..');
/** Inside the package, because it is made of the package's dependencies. */
const CACHE = join(CLI, 'node_modules/.cache/clce');
const TSX = import.meta.resolve('tsx');
const HOUR_MS = 3_600_000;
/** A compiled form that no process has used for so long is removed. */
const UNUSED_MS = 24 * HOUR_MS;

/** SHA-256 of all that a compiled form is made of. Paths and contents decide, not times: a copied checkout has new times. */
function digestOfSources() {
  const hash = createHash('sha256');
  const locks = ['pnpm-lock.yaml', 'node_modules/.pnpm/lock.yaml'];
  for (const path of [...sources(), ...locks.filter((path) => existsSync(join(CHECKOUT, path)))]) {
    const bytes = readFileSync(join(CHECKOUT, path));
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex').slice(0, 32);
}

function sources() {
  const packages = readdirSync(join(CHECKOUT, 'packages')).map((name) => `packages/${name}`);
  const folders = [...packages.map((path) => `${path}/src`), 'benchmarks/suites'];
  return [...folders.flatMap(programsIn), ...packages.map((path) => `${path}/package.json`)].sort();
}

/** Paths of the programs in a folder of the checkout, without tests. */
function programsIn(folder) {
  return readdirSync(join(CHECKOUT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'testing' ? [] : programsIn(path);
    return /(?<!\.test)\.ts$/.test(path) ? [path] : [];
  });
}

/** The folder of the compiled form; undefined where there is none and none can be made. */
function compiledForm() {
  try {
    const digest = digestOfSources();
    const folder = join(CACHE, digest);
    if (!existsSync(folder)) compile(digest, folder);
    return folder;
  } catch (error) {
    console.error(
      `note: not compiled (${error.message}); the sources run, which take seconds longer to start`,
    );
    return undefined;
  }
}

/** @throws Error where it cannot */
function compile(digest, folder) {
  mkdirSync(CACHE, { recursive: true });
  accessSync(CACHE, constants.W_OK);
  const made = join(CACHE, `making-${randomUUID()}`);
  mkdirSync(made);
  try {
    const words = ['--import', TSX, join(CLI, 'src/compile.ts'), made];
    const { status } = spawnSync(process.execPath, words, { stdio: 'ignore' });
    if (status !== 0) throw new Error('the sources do not compile');
    if (digestOfSources() !== digest) throw new Error('a source has changed meanwhile');
    // Another command may have been quicker.
    if (!existsSync(folder)) renameSync(made, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  removeUnused(folder);
}

function removeUnused(used) {
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY);
    if (path !== used && age > UNUSED_MS) rmSync(path, { recursive: true, force: true });
  }
}

/** Says that a process runs this form: workers start, and modules load, long after a source was edited. */
function use(folder) {
  try {
    utimesSync(folder, new Date(), new Date());
  } catch {
    // The checkout is read-only.
  }
}

const folder = compiledForm();
if (folder === undefined) {
  await import(TSX);
  await import('./src/main.ts');
} else {
  use(folder);
  setInterval(use, HOUR_MS, folder).unref();
  // Errors name lines of the sources.
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(join(folder, 'packages.cli.src.main.mjs')).href);
}
