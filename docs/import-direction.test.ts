import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/**
 * Who may import whom, as docs/architecture.md draws it. A package that is not listed, or an import that is not, fails.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  registry: [],
  files: ['registry'],
  pickle: [],
  engine: ['registry'],
  datasets: ['files', 'pickle', 'registry', 'text'],
  statistics: [],
  text: [],
  runner: ['files', 'registry', 'text'],
  losses: ['engine', 'registry'],
  backbones: ['engine', 'files', 'pickle', 'registry'],
  results: ['registry', 'statistics', 'text'],
  experiments: [
    'backbones',
    'datasets',
    'engine',
    'files',
    'losses',
    'registry',
    'results',
    'statistics',
    'text',
  ],
  cli: [
    'backbones',
    'datasets',
    'engine',
    'experiments',
    'files',
    'losses',
    'registry',
    'results',
    'runner',
    'statistics',
    'text',
  ],
};

const root = fileURLToPath(new URL('../packages/', import.meta.url));
const packages = readdirSync(root);

/** Every `@clce/…` that a source file names in an import, export or dynamic import. */
function importsOf(source: string): string[] {
  return [...source.matchAll(/(?:from|import)\s*\(?\s*['"]@clce\/([\w-]+)/g)].map(([, name]) => name!);
}

describe('imports point one way only', () => {
  it('every package has its rule', () => {
    expect(packages.toSorted()).toEqual(Object.keys(ALLOWED).toSorted());
  });

  it('finds an import where there is one', () => {
    expect(importsOf("import { tf } from '@clce/engine';\nawait import('@clce/losses');")).toEqual([
      'engine',
      'losses',
    ]);
  });

  it.each(packages)('%s', (name) => {
    const folder = `${root}${name}/`;
    const manifest = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    const declared = Object.keys({ ...manifest['dependencies'], ...manifest['devDependencies'] })
      .filter((dependency) => dependency.startsWith('@clce/'))
      .map((dependency) => dependency.slice('@clce/'.length));
    const imported = readdirSync(`${folder}src`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => importsOf(readFileSync(`${folder}src/${file}`, 'utf8')))
      // A loss or data set that was a user's file goes on importing what it did.
      .filter((dependency) => dependency !== name);
    for (const dependency of new Set([...declared, ...imported])) expect(ALLOWED[name]).toContain(dependency);
  });
});
