import { Writable } from 'node:stream';
import type { CellResult } from '@clce/experiments/results';
import { describe, expect, it, vi } from 'vitest';
import { jsonReporter, progressReporter } from './progress.ts';

const cell = (label: string) => ({ key: label, label, spec: null });
const result: CellResult = {
  scores: [
    { kind: 'few-shot', shot: 5, classifier: 'nearest-centroid', queriesPerEpisode: 10, correct: [8, 9] },
  ],
  training: null,
  quality: null,
};

/** What was written, as a stream of that kind. */
function screen(isTTY: boolean, columns = 60) {
  let text = '';
  const out = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return {
    out: Object.assign(out, { isTTY, columns }) as unknown as typeof process.stderr,
    text: () => text,
  };
}

function observeAll(out: typeof process.stderr): void {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const { observe, end } = progressReporter(3, 2, out);
    observe({ kind: 'cell-started', cell: cell('one') });
    observe({ kind: 'cell-started', cell: cell('two') });
    vi.advanceTimersByTime(40_000);
    observe({ kind: 'progress', cell: cell('one'), step: 5, steps: 10, message: 'loss 1.5' });
    observe({ kind: 'cell-done', cell: cell('one'), ms: 41_000, result });
    vi.advanceTimersByTime(40_000);
    observe({ kind: 'progress', cell: cell('two'), step: 9, steps: 10, message: 'loss 0.5' });
    observe({ kind: 'cell-failed', cell: cell('two'), ms: 90_000, error: new Error('the loss is NaN') });
    end();
  } finally {
    vi.useRealTimers();
  }
}

describe('progress', () => {
  it('without a terminal: plain lines', () => {
    const { out, text } = screen(false);
    observeAll(out);
    expect(text().split('\n')).toEqual([
      '0/3 cells · 80 s left · one: step 5/10, loss 1.5 | two: starts',
      '[1/3] one: done in 41.0 s, 5-shot · nearest-centroid 85.0 %',
      expect.stringMatching(/^1\/3 cells · .* left.* · two: step 9\/10, loss 0.5$/),
      '[2/3] two: failed: the loss is NaN',
      '',
    ]);
  });

  it('on a terminal: a live line a cell, cleared before anything else is written', () => {
    const { out, text } = screen(true, 30);
    observeAll(out);
    const clear = (lines: number) => `\u001b[${lines}A\u001b[0J`;
    expect(text()).toContain(
      `0/3 cells · 80 s left\n  one: step 5/10, loss 1.5\n  two: starts\n${clear(3)}[1/3] one`,
    );
    expect(text()).toContain(`  two: step 9/10, loss 0.5\n${clear(2)}[2/3] two: failed`);
    for (const line of text()
      .split('\n')
      .filter((one) => one.startsWith('  '))) {
      expect(line.length).toBeLessThan(30);
    }
  });

  it('as JSON: accuracies in place of the result', () => {
    const { out, text } = screen(false);
    const { observe } = jsonReporter(out);
    observe({ kind: 'cell-done', cell: cell('one'), ms: 5, result });
    observe({ kind: 'cell-failed', cell: cell('two'), ms: 6, error: new Error('no') });
    const [done, failed] = text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(done).toEqual({
      time: expect.any(String),
      event: 'cell-done',
      key: 'one',
      label: 'one',
      ms: 5,
      accuracies: { '5-shot · nearest-centroid': 85 },
    });
    expect(failed).toMatchObject({ event: 'cell-failed', error: 'no', ms: 6 });
  });
});
