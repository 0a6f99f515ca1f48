import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { tf } from '../packages/engine/src/tf.ts';
import { TRACE_BACKEND } from '../packages/engine/src/trace/backend.ts';

const KERNELS = new URL('../packages/engine/src/trace/kernels/', import.meta.url);

/** What a file of kernels registers when it is loaded. */
async function registeredBy(file: string): Promise<string[]> {
  const names = () => new Set(tf.getKernelsForBackend(TRACE_BACKEND).map(({ kernelName }) => kernelName));
  const before = names();
  await import(`${KERNELS.href}${file}`);
  return [...names()].filter((name) => !before.has(name)).toSorted();
}

it('docs/engine-kernels.md lists the kernels that there are (vitest -u writes it)', async () => {
  const files = readdirSync(KERNELS).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const rows: string[] = [];
  for (const file of files.toSorted()) {
    const names = await registeredBy(file);
    if (names.length === 0) continue;
    const link = `[${file}](../packages/engine/src/trace/kernels/${file})`;
    rows.push(`| ${link} | ${names.map((name) => `\`${name}\``).join(', ')} |`);
  }
  expect(rows.length).toBeGreaterThan(0);
  const table = ['# Kernels of the tracing back end', '', '| file | ops |', '| --- | --- |', ...rows, ''];
  await expect(table.join('\n')).toMatchFileSnapshot('engine-kernels.md');
});
