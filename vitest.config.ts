import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** Vulkan in software, as Debian's chromium-common brings it: the WebGPU engine without a GPU. */
const swiftShader = existsSync('/usr/lib/chromium/vk_swiftshader_icd.json') && {
  VK_ICD_FILENAMES: '/usr/lib/chromium/vk_swiftshader_icd.json',
  LD_LIBRARY_PATH: '/usr/lib/chromium',
};

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'benchmarks/**/*.test.ts', 'docs/**/*.test.ts'],
    testTimeout: 60_000,
    ...(swiftShader && { env: swiftShader }),
    // Two workers fill the two cores of the machines that CI uses.
    maxWorkers: 2,
  },
});
