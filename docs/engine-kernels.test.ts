import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { TRACE_BACKEND } from '../packages/engine/src/trace/backend.ts';

const ENGINE = new URL('../packages/engine/src/', import.meta.url);
const KERNELS = new URL('trace/kernels/', ENGINE);

/** Prints what each file of kernels registers when it is loaded: in a process that has loaded none of them before. */
const PROGRAM = `
  import { tf } from ${JSON.stringify(`${ENGINE.href}tf.ts`)};
  const names = () => tf.getKernelsForBackend(${JSON.stringify(TRACE_BACKEND)}).map(({ kernelName }) => kernelName);
  const registered = {};
  for (const file of process.argv.slice(1)) {
    const before = new Set(names());
    await import(${JSON.stringify(KERNELS.href)} + file);
    registered[file] = names().filter((name) => !before.has(name)).toSorted();
  }
  console.log(JSON.stringify(registered));
`;

function registeredBy(files: readonly string[]): Record<string, string[]> {
  const words = ['--import', 'tsx', '--input-type=module', '--eval', PROGRAM, ...files];
  return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as Record<string, string[]>;
}

it('docs/engine-kernels.md lists the kernels that there are (vitest -u writes it)', async () => {
  const files = readdirSync(KERNELS).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const rows: string[] = [];
  for (const [file, names] of Object.entries(registeredBy(files.toSorted()))) {
    if (names.length === 0) continue;
    const link = `[${file}](../packages/engine/src/trace/kernels/${file})`;
    rows.push(`| ${link} | ${names.map((name) => `\`${name}\``).join(', ')} |`);
  }
  expect(rows.length).toBeGreaterThan(0);
  const table = ['# Kernels of the tracing back end', '', '| file | ops |', '| --- | --- |', ...rows, ''];
  await expect(table.join('\n')).toMatchFileSnapshot('engine-kernels.md');
});
