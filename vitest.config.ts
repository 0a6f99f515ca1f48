import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'benchmarks/**/*.test.ts', 'docs/**/*.test.ts'],
    testTimeout: 60_000,
    // Two workers fill the two cores of the machines that CI uses.
    maxWorkers: 2,
  },
});
