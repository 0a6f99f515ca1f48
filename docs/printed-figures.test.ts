/**
 * A page that shows what a command prints shows what it prints today. In a block ```console a line that begins with `$ ` is a command,
 * and the lines up to the next one are its standard output. In a section with such a block, each decimal number of the prose stands in
 * the output, too.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Commands that read results or compute in no time. A page shows no other command with its output. */
const QUICK = /^\.\/clce (query|table|claims|trace|power|tune show) /;

interface Shown {
  readonly command: string;
  readonly output: string;
}

interface Section {
  readonly heading: string;
  readonly shown: readonly Shown[];
  /** The text outside blocks. */
  readonly prose: string;
}

const pages = execFileSync('git', ['grep', '-lz', '--untracked', '^```console', '--', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((page) => page !== '');

function sectionsOf(page: string): Section[] {
  const sections: { heading: string; shown: Shown[]; prose: string }[] = [
    { heading: '', shown: [], prose: '' },
  ];
  // Every second part is a block: its language, then its lines.
  for (const [at, part] of page.split(/^```/m).entries()) {
    if (at % 2 === 1) {
      if (part.startsWith('console\n'))
        sections.at(-1)!.shown.push(...shownIn(part.slice('console\n'.length)));
      continue;
    }
    const [rest, ...further] = part.split(/^(?=#+ )/m);
    sections.at(-1)!.prose += rest;
    for (const prose of further) sections.push({ heading: prose.split('\n', 1)[0]!, shown: [], prose });
  }
  return sections;
}

function shownIn(block: string): Shown[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((one) => {
      const lines = one.split('\n');
      const last = lines.findIndex((line) => !line.endsWith('\\'));
      const [command, output] = [lines.slice(0, last + 1), lines.slice(last + 1)];
      return { command: command.join('\n'), output: output.join('\n').trimEnd() };
    });
}

function outputOf(command: string): string {
  expect(command, 'a command whose output a page can show').toMatch(QUICK);
  const options = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] } as const;
  const env = { ...process.env, COLUMNS: '100', NO_COLOR: '1' };
  return execFileSync('sh', ['-c', command], { ...options, env }).trimEnd();
}

/** Outside of code, links and settings such as τ = 0.5, with the typographic minus as a hyphen. */
function numbersIn(text: string): string[] {
  const plain = text.replaceAll(/`[^`]*`|\]\([^)]*\)|[λτβ] = [\d.]+/g, '').replaceAll('−', '-');
  return [...plain.matchAll(/-?\d+\.\d+/g)].map(([number]) => number);
}

describe.each(pages)('%s', (page) => {
  const sections = sectionsOf(readFileSync(`${root}${page}`, 'utf8')).filter(({ shown }) => shown.length > 0);

  it.each(sections.flatMap(({ shown }) => shown))('prints: $command', ({ command, output }) => {
    expect(outputOf(command)).toBe(output);
  });

  it.each(sections)('the figures of the prose are printed: $heading', ({ shown, prose }) => {
    const printed = new Set(shown.flatMap(({ output }) => numbersIn(output)));
    expect(numbersIn(prose).filter((number) => !printed.has(number))).toEqual([]);
  });
});
