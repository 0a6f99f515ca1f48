import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@clce/registry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeSlurm } from '../testing/fake-slurm.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { batchScript, directive, pathPattern, STOPPED } from './script.ts';

/** The words of a line as sbatch reads them (`_get_next_opt` of Slurm's sources): quotes, escapes, comments. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = '#SBATCH'.length; at < line.length; at++) {
    const character = line[at]!;
    if (character === '\\') word = (word ?? '') + line[++at]!;
    else if (quote !== '') {
      if (character === quote) quote = '';
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '#') break;
    else word = (word ?? '') + character;
  }
  return word === undefined ? words : [...words, word];
}

/** A file name pattern as Slurm expands it for element 3. */
function expanded(pattern: string): string {
  return pattern.replace(/%(.)/g, (_, letter) => ({ '%': '%', a: '3' })[letter as string] ?? '?');
}

const awkward = fc.stringMatching(/^[ -~äλ…\t]{1,40}$/);

describe('directive', () => {
  it('is one option with its value, whatever the value', () => {
    fc.assert(
      fc.property(awkward, (value) => {
        expect(wordsOf(directive('output', value))).toEqual([`--output=${value}`]);
      }),
      { seed: 25 },
    );
  });

  it.each(['a\nb', 'a\rb', 'a\0b', 'a\n#SBATCH --wrap=x'])('refuses %j', (value) => {
    expect(() => directive('output', value)).toThrow(UserError);
  });
});

describe('pathPattern', () => {
  it('stands for the path itself', () => {
    const path = awkward.filter((text) => !text.includes('\\'));
    fc.assert(
      fc.property(path, (text) => {
        expect(expanded(`${pathPattern(text)}/%a.log`)).toBe(`${text}/3.log`);
      }),
      { seed: 25 },
    );
  });

  it('refuses a backslash, which turns replacements off', () => {
    expect(() => pathPattern(String.raw`C:\runs`)).toThrow(/has a backslash/);
  });
});

describe('batchScript', () => {
  const options = {
    jobName: 'clce-1',
    logs: '/a b/100%jobs/"it\'s"/logs',
    cancelled: "/a b/it's/cancelled",
    count: 5,
    command: ['node', "/a b/it's $HOME `x`/plan.json"],
    resources: [['comment', 'a # b']] as const,
    directives: ['--constraint=h200'],
    setup: ['module() { :; }'],
  };

  it('gives every option of sbatch its value', () => {
    const lines = batchScript(options)
      .split('\n')
      .filter((line) => line.startsWith('#SBATCH'));
    expect(lines.flatMap(wordsOf)).toEqual([
      '--job-name=clce-1',
      '--array=0-4',
      '--requeue',
      '--open-mode=append',
      `--output=/a b/100%%jobs/"it's"/logs/%a.log`,
      '--signal=B:TERM@120',
      '--comment=a # b',
      '--constraint=h200',
    ]);
  });

  it('gives the shell every word as it is', () => {
    const script = join(temporaryDirectory(), 'script.sh');
    writeFileSync(script, batchScript({ ...options, command: ['printf', '%s|', ...options.command] }));
    const env = { ...process.env, SLURM_ARRAY_TASK_ID: '3' };
    expect(execFileSync('bash', [script], { env, encoding: 'utf8' })).toBe(`${options.command.join('|')}|3|`);
  });

  it('requeues an element that was stopped, more than once if need be, and not a cancelled one', () => {
    const { calls, folder } = fakeSlurm({ scontrol: '[ $call -ge 3 ]', sleep: '' });
    const cancelled = join(folder, "it's cancelled");
    const script = join(folder, 'script.sh');
    writeFileSync(script, batchScript({ ...options, cancelled, command: ['sh', '-c', 'exit 75'] }));
    const env = { ...process.env, SLURM_ARRAY_JOB_ID: '4711', SLURM_ARRAY_TASK_ID: '3' };
    const exitCode = () => spawnSync('bash', [script], { env }).status;
    expect(exitCode()).toBe(STOPPED);
    expect(calls('scontrol')).toEqual(Array(3).fill('requeue 4711_3'));
    writeFileSync(cancelled, '');
    expect(exitCode()).toBe(STOPPED);
    expect(calls('scontrol')).toHaveLength(3);
  });

  it.each([
    ['directives', { directives: ['--x\ny'] }],
    ['setup', { setup: ['a\nb'] }],
    ['logs', { logs: '/a\nb' }],
  ])('refuses a line break in %s', (_, change) => {
    expect(() => batchScript({ ...options, ...change })).toThrow(/has a line break/);
  });
});
