import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** Vulkan in software, as Debian's chromium-common brings it. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Lines of the table by engine: whether it works, and by how much its gradients are off. */
async function doctor(
  env: Record<string, string> = {},
): Promise<Map<string, { works: string; error: number }>> {
  const { stdout } = await execa('node', ['--import', 'tsx', 'packages/cli/src/main.ts', 'doctor'], {
    cwd: repository,
    env,
  });
  const rows = stdout.matchAll(/^│ (\S+) +│ (yes|no) +│ (\S+) +│/gm);
  return new Map(
    Array.from(rows, ([, engine, works, error]) => [engine!, { works: works!, error: Number(error) }]),
  );
}

describe('clce doctor', () => {
  it('says what works here, with gradients that are right, and what the others need', async () => {
    const engines = await doctor();
    for (const engine of ['onnx', 'cpu']) {
      expect(engines.get(engine)!.works).toBe('yes');
      expect(engines.get(engine)!.error).toBeLessThan(1e-6);
    }
    expect(engines.get(process.platform === 'darwin' ? 'onnx-dml' : 'onnx-coreml')!.works).toBe('no');
    expect(engines.size).toBe(8);
  });

  it.skipIf(!existsSync(SWIFTSHADER))(
    'WebGPU computes the same gradients (skipped without Debian’s chromium-common)',
    async () => {
      const webgpu = (await doctor({ VK_ICD_FILENAMES: SWIFTSHADER })).get('onnx-webgpu')!;
      expect(webgpu.works).toBe('yes');
      expect(webgpu.error).toBeLessThan(1e-5);
    },
  );
});
