import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import { describe, expect, it } from 'vitest';

/** Each package's README has one TypeScript example; it is run as a reader would run it, inside the package. */
const root = fileURLToPath(new URL('../packages/', import.meta.url));
const tsx = createRequire(import.meta.url).resolve('tsx');

describe('the example in the README runs', () => {
  it.each(readdirSync(root))('%s', async (name) => {
    const readme = readFileSync(`${root}${name}/README.md`, 'utf8');
    const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);
    expect(examples, 'one example').toHaveLength(1);
    const file = `${root}${name}/readme-example.${process.pid}.ts`;
    writeFileSync(file, examples[0]!);
    try {
      const { stdout } = await execaNode(file, { nodeOptions: ['--import', tsx], cwd: `${root}${name}` });
      expect(stdout.trim(), 'what the example prints').not.toBe('');
    } finally {
      rmSync(file);
    }
  });
});
