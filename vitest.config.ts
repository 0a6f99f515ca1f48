import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** Vulkan in software, as Debian's chromium-common brings it: the WebGPU engine without a GPU. */
const swiftShader = existsSync('/usr/lib/chromium/vk_swiftshader_icd.json') && {
  VK_ICD_FILENAMES: '/usr/lib/chromium/vk_swiftshader_icd.json',
  LD_LIBRARY_PATH: '/usr/lib/chromium',
};

/** Time that only a test that hangs takes: whether one passes does not depend on how fast the machine is. */
export const HANGS_MS = 30 * 60_000;

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'benchmarks/**/*.test.ts', 'docs/**/*.test.ts'],
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
    expect: { poll: { timeout: HANGS_MS } },
    // Files of one worker share what they import: no module here keeps state that one of them changes.
    isolate: false,
    globalSetup: './packages/datasets/src/testing/icons.ts',
    ...(swiftShader && { env: swiftShader }),
    // Two workers fill the two cores of the machines that CI uses.
    maxWorkers: 2,
  },
});
