import { describe, expect, it } from 'vitest';
import { etaEstimator } from './eta.ts';
import type { Cell } from './local-executor.ts';

const cell = (key: string): Cell<unknown> => ({ key, label: key, spec: {} });

/** An estimator whose clock the test moves. */
function setUp(cells: number, concurrency = 1) {
  let time = 0;
  const eta = etaEstimator({ cells, concurrency, now: () => time });
  return {
    eta,
    wait: (ms: number): void => {
      time += ms;
    },
  };
}

describe('etaEstimator', () => {
  it('knows nothing before the first sign of progress', () => {
    const { eta, wait } = setUp(3);
    expect(eta.remainingMs()).toBeNull();
    eta.observe({ kind: 'cell-started', cell: cell('a') });
    wait(100);
    expect(eta.remainingMs()).toBeNull();
  });

  it('projects the first cell from its own progress', () => {
    const { eta, wait } = setUp(3);
    eta.observe({ kind: 'cell-started', cell: cell('a') });
    wait(100);
    eta.observe({ kind: 'progress', cell: cell('a'), step: 1, steps: 4 });
    expect(eta.remainingMs()).toBe(300 + 2 * 400);
  });

  it('expects the mean of the finished cells; skipped and failed ones are settled but teach nothing', () => {
    const { eta, wait } = setUp(6);
    eta.observe({ kind: 'cell-skipped', cell: cell('a') });
    eta.observe({ kind: 'cell-done', cell: cell('b'), ms: 100, result: null });
    eta.observe({ kind: 'cell-done', cell: cell('c'), ms: 300, result: null });
    eta.observe({ kind: 'cell-failed', cell: cell('d'), ms: 1, error: new Error('no') });
    eta.observe({ kind: 'cell-started', cell: cell('e') });
    wait(50);
    expect(eta.remainingMs()).toBe(150 + 200);
  });

  it('shares the work among the slots, but not a single cell', () => {
    const { eta, wait } = setUp(3, 2);
    eta.observe({ kind: 'cell-done', cell: cell('a'), ms: 100, result: null });
    eta.observe({ kind: 'cell-started', cell: cell('b') });
    eta.observe({ kind: 'cell-started', cell: cell('c') });
    expect(eta.remainingMs()).toBe(100);
    wait(100);
    eta.observe({ kind: 'progress', cell: cell('b'), step: 1, steps: 10 });
    expect(eta.remainingMs()).toBe(900);
  });

  it('ends at zero', () => {
    const { eta } = setUp(1);
    eta.observe({ kind: 'cell-interrupted', cell: cell('a') });
    expect(eta.remainingMs()).toBe(0);
  });
});
