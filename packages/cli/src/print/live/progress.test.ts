import { Writable } from 'node:stream';
import { type CellSpec, factsOf } from '@clce/experiments';
import { type ReportedResult, reportedResult } from '@clce/results';
import { describe, expect, it, vi } from 'vitest';
import type { SuiteCell } from '../../run/plan.ts';
import { jsonReporter, progressReporter } from './progress.ts';

const common = {
  numericsVersion: 1,
  dataset: { name: 'icons', manifestHash: '', imageSize: 32 },
  protocol: { kind: 'few-shot', way: 5 },
  engine: 'onnx',
};
const pixels = planned('pixels', { ...common, kind: 'pixels' } as CellSpec, 'none');

function training(method: string, seed: number): SuiteCell {
  const recipe = { learningRate: 1, learningRateRule: 'none', baseBatchSize: 64 };
  const run = { backbone: 'conv4', loss: { name: 'ce', parameters: {} }, batchSize: 64, seed, recipe };
  const spec = { ...common, kind: 'training', ...run } as CellSpec;
  return planned(`${method} ${seed}`, spec, method);
}

function planned(key: string, spec: CellSpec, method: string): SuiteCell {
  return { key, label: key, spec, facts: factsOf(spec, method) };
}

const one = training('CE', 0);
const two = training('CLCE', 0);
const [three, four] = [training('CE', 1), training('CLCE', 1)];
/** In the order of the table. */
const plan = [pixels, one, three, two, four];

/** That many of ten queries were right in each of two episodes. */
function result(...right: number[]): ReportedResult {
  const training = { steps: 1, epochs: 1, positives: 1, initialWeights: '', dataOrder: '', curve: [] };
  const score = {
    ...{ kind: 'few-shot' as const, shot: 5, classifier: 'nearest-centroid', way: 2, query: 5 },
    classes: ['moon', 'star'],
    drawn: right.flatMap(() => [0, 1]),
    correct: right.flatMap((count) => [Math.min(count, 5), Math.max(count - 5, 0)]),
  };
  return reportedResult({ scores: [score], training, quality: null });
}

/** What was written, as a stream of that kind. */
function screen(isTTY: boolean, size: { columns?: number; rows?: number } = {}) {
  let text = '';
  const out = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return {
    out: Object.assign(out, { isTTY, ...size }) as unknown as typeof process.stderr,
    text: () => text,
  };
}

/** What a terminal shows after the text, where "up" and "clear what follows" are all that it is told. */
function shown(text: string): string[] {
  const [start, ...rest] = text.split('\u001b[') as [string, ...string[]];
  return rest.reduce((lines, part) => {
    const [, up, after] = /^(?:(\d+)A|0J)(.*)$/s.exec(part)!;
    const kept = up === undefined ? lines : [...lines.slice(0, lines.length - 1 - Number(up)), ''];
    const [first, ...others] = after!.split('\n') as [string, ...string[]];
    return [...kept.slice(0, -1), kept.at(-1)! + first, ...others];
  }, start.split('\n'));
}

describe('progress without a terminal', () => {
  it('prints plain lines, and the running cells at most every half minute', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const { out, text } = screen(false);
      const { observe, end } = progressReporter([one, two, three], 2, undefined, out);
      observe({ kind: 'cell-started', cell: one });
      observe({ kind: 'cell-started', cell: two });
      vi.advanceTimersByTime(40_000);
      observe({ kind: 'progress', cell: one, step: 5, steps: 10, message: 'loss 1.5' });
      observe({ kind: 'progress', cell: one, step: 6, steps: 10, message: 'loss 1.4' });
      observe({ kind: 'cell-done', cell: one, ms: 41_000, result: result(8, 9) });
      vi.advanceTimersByTime(40_000);
      observe({ kind: 'progress', cell: two, step: 9, steps: 10, message: 'loss 0.5' });
      observe({ kind: 'cell-failed', cell: two, ms: 90_000, error: new Error('the loss is NaN') });
      end();
      expect(text().split('\n')).toEqual([
        '0/3 cells · 80 s left · CE 0: step 5/10, loss 1.5 | CLCE 0: starts',
        '[1/3] CE 0: done in 41.0 s, 5-shot · nearest-centroid 85.0 %',
        expect.stringMatching(/^1\/3 cells · .* left.* · CLCE 0: step 9\/10, loss 0.5$/),
        '[2/3] CLCE 0: failed: the loss is NaN',
        '',
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  const comparison = { title: 'A demonstration.', reference: 'CE' };
  it('begins with the title, and shows the table after each round of seeds but the last', () => {
    const { out, text } = screen(false);
    const { observe, end } = progressReporter(plan, 1, comparison, out);
    const finish = (cell: SuiteCell, ...correct: number[]) =>
      observe({ kind: 'cell-done', cell, ms: 1000, result: result(...correct) });
    finish(pixels, 5, 5);
    finish(two, 7, 8);
    expect(text()).not.toContain('round');
    finish(one, 7, 7);
    expect(text().split('\n')).toEqual([
      'A demonstration.',
      expect.stringMatching(/^\[1\/5\]/),
      expect.stringMatching(/^\[2\/5\]/),
      expect.stringMatching(/^\[3\/5\]/),
      '',
      'round 1 of 2 has ended; accuracy in percent so far:',
      'icons · conv4 · batch 64',
      '                      5-shot',
      '                    nearest-',
      'loss        seeds   centroid  vs CE',
      '───────────────────────────────────',
      'raw pixels              50.0',
      'CE          1 of 2      70.0',
      'CLCE        1 of 2      75.0   +5.0',
      '',
      '',
    ]);
    const before = text();
    finish(three, 7, 7);
    finish(four, 7, 7);
    end();
    expect(text().slice(before.length)).not.toContain('nearest-\n');
  });

  it('prints the table so far when the run is stopped', () => {
    const { out, text } = screen(false);
    const { observe, end } = progressReporter(plan, 1, comparison, out);
    observe({ kind: 'cell-skipped', cell: one, result: result(7, 7) });
    observe({ kind: 'cell-failed', cell: two, ms: 1, error: new Error('no') });
    observe({ kind: 'cell-interrupted', cell: three });
    end();
    expect(text()).toMatch(
      /2 of 5 cells have ended; accuracy in percent so far:\n[\s\S]*\nCE +1 of 2 +70\.0\nCLCE +0 of 2 +–\n/,
    );
  });

  it('does not report rounds that were finished before', () => {
    const { out, text } = screen(false);
    const { observe } = progressReporter(plan, 1, comparison, out);
    for (const cell of [pixels, one, two]) observe({ kind: 'cell-skipped', cell, result: result(7, 7) });
    observe({ kind: 'cell-started', cell: three });
    observe({ kind: 'cell-done', cell: three, ms: 1, result: result(7, 7) });
    expect(text()).not.toContain('round');
  });
});

describe('progress on a terminal', () => {
  const comparison = { title: 'A demonstration.', reference: 'CE' };

  function run(size: { columns: number; rows: number }) {
    const { out, text } = screen(true, size);
    const reporter = progressReporter(plan, 2, comparison, out);
    reporter.observe({ kind: 'cell-started', cell: pixels });
    reporter.observe({ kind: 'cell-done', cell: pixels, ms: 10, result: result(5, 5) });
    reporter.observe({ kind: 'cell-started', cell: one });
    reporter.observe({ kind: 'cell-started', cell: two });
    reporter.observe({ kind: 'cell-done', cell: one, ms: 4000, result: result(7, 7) });
    return { ...reporter, screen: () => shown(text()) };
  }

  it('rewrites the table, the counts and the running cells in place', () => {
    const { observe, end, screen } = run({ columns: 56, rows: 24 });
    const above = [
      'A demonstration.',
      '[1/5] pixels: done in 0.0 s, 5-shot · nearest-centroid …',
      '[2/5] CE 0: done in 4.0 s, 5-shot · nearest-centroid 70…',
    ];
    const heading = [
      'icons · conv4 · batch 64',
      '                      5-shot',
      '                    nearest-',
    ];
    expect(screen()).toEqual([
      ...above,
      '',
      ...heading,
      'loss        seeds   centroid',
      '────────────────────────────',
      'raw pixels              50.0',
      'CE          1 of 2      70.0',
      'CLCE        0 of 2         –',
      '',
      expect.stringMatching(/^2\/5 cells · \d+ s left$/),
      '  CLCE 0: starts',
      '',
    ]);
    observe({ kind: 'cell-done', cell: two, ms: 4000, result: result(8, 8) });
    expect(screen().slice(-5)).toEqual([
      'CE          1 of 2      70.0',
      'CLCE        1 of 2      80.0  +10.0',
      '',
      expect.stringMatching(/^3\/5 cells · \d+ s left$/),
      '',
    ]);
    for (const cell of [three, four]) observe({ kind: 'cell-done', cell, ms: 4000, result: result(8, 8) });
    end();
    expect(screen()).toHaveLength(above.length + 4);
  });

  it('fits its lines to a low or narrow terminal', () => {
    const low = run({ columns: 60, rows: 11 }).screen().slice(3);
    expect(low).toHaveLength(11);
    expect(low.slice(-5)).toEqual(['…', '', expect.stringMatching(/^2\/5 cells/), '  CLCE 0: starts', '']);
    const lower = run({ columns: 60, rows: 6 }).screen().slice(3);
    expect(lower).toEqual([expect.stringMatching(/^2\/5 cells/), '  CLCE 0: starts', '']);
    for (const line of run({ columns: 20, rows: 24 }).screen().slice(3)) expect(line.length).toBeLessThan(20);
  });
});

it('as JSON: accuracies in place of the result', () => {
  const { out, text } = screen(false);
  const { observe } = jsonReporter(out);
  observe({ kind: 'cell-done', cell: one, ms: 5, result: result(8, 9) });
  observe({ kind: 'cell-failed', cell: two, ms: 6, error: new Error('no') });
  const [done, failed] = text()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(done).toEqual({
    time: expect.any(String),
    event: 'cell-done',
    key: 'CE 0',
    label: 'CE 0',
    ms: 5,
    accuracies: { '5-shot · nearest-centroid': 85 },
  });
  expect(failed).toMatchObject({ event: 'cell-failed', error: 'no', ms: 6 });
});
