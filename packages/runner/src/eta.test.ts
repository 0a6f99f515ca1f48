import { describe, expect, it } from 'vitest';
import type { Cell } from './cell.ts';
import { etaEstimator } from './eta.ts';

const cell = (key: string): Cell => ({ key, label: key, spec: {} });

/**
 * An estimator whose clock the test moves.
 *
 * @param keys of the cells; the first letter is the kind, p takes no time
 */
function setUp(keys: string, concurrency = 1) {
  let time = 0;
  const eta = etaEstimator({
    cells: keys.split(' ').map(cell),
    kindOf: ({ key }) => (key.startsWith('p') ? null : key[0]!),
    concurrency,
    now: () => time,
  });
  return {
    eta,
    wait: (ms: number): void => {
      time += ms;
    },
  };
}

const done = (key: string, ms: number) => ({ kind: 'cell-done' as const, cell: cell(key), ms, result: null });

describe('etaEstimator', () => {
  it('knows nothing before the first sign of progress', () => {
    const { eta, wait } = setUp('a1 a2 a3');
    expect(eta.remainingMs()).toBeNull();
    eta.observe({ kind: 'cell-started', cell: cell('a1') });
    wait(100);
    expect(eta.remainingMs()).toBeNull();
  });

  it('projects the first cell from its own progress', () => {
    const { eta, wait } = setUp('a1 a2 a3');
    eta.observe({ kind: 'cell-started', cell: cell('a1') });
    wait(100);
    eta.observe({ kind: 'progress', cell: cell('a1'), step: 1, steps: 4 });
    expect(eta.remainingMs()).toBe(300 + 2 * 400);
  });

  it('ignores cells that take no time', () => {
    const { eta, wait } = setUp('p1 p2 a1 a2');
    eta.observe({ kind: 'cell-started', cell: cell('p1') });
    wait(5);
    eta.observe({ kind: 'progress', cell: cell('p1'), step: 1, steps: 2 });
    eta.observe(done('p1', 10));
    expect(eta.remainingMs()).toBeNull();
    eta.observe(done('a1', 1000));
    expect(eta.remainingMs()).toBe(1000);
  });

  it('expects the mean of the finished cells; skipped and failed cells count as settled but not in the mean', () => {
    const { eta, wait } = setUp('a1 a2 a3 a4 a5 a6');
    eta.observe({ kind: 'cell-skipped', cell: cell('a1'), result: null });
    eta.observe(done('a2', 100));
    eta.observe(done('a3', 300));
    eta.observe({ kind: 'cell-failed', cell: cell('a4'), ms: 1, error: new Error('no') });
    eta.observe({ kind: 'cell-started', cell: cell('a5') });
    wait(50);
    expect(eta.remainingMs()).toBe(150 + 200);
  });

  it('expects the mean of a cell’s kind, and for a new kind the mean of all cells', () => {
    const { eta } = setUp('a1 a2 b1 b2 c1');
    eta.observe(done('a1', 100));
    eta.observe(done('b1', 500));
    expect(eta.remainingMs()).toBe(100 + 500 + 300);
  });

  it('shares the cells among the slots, but does not split a cell', () => {
    const { eta, wait } = setUp('a1 a2 a3', 2);
    eta.observe(done('a1', 100));
    eta.observe({ kind: 'cell-started', cell: cell('a2') });
    eta.observe({ kind: 'cell-started', cell: cell('a3') });
    expect(eta.remainingMs()).toBe(100);
    wait(100);
    eta.observe({ kind: 'progress', cell: cell('a2'), step: 1, steps: 10 });
    expect(eta.remainingMs()).toBe(900);
  });

  it('ends at zero', () => {
    const { eta } = setUp('a1');
    eta.observe({ kind: 'cell-interrupted', cell: cell('a1') });
    expect(eta.remainingMs()).toBe(0);
  });
});
