import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));

type Row = { works: string; error: number };

describe('clce doctor', () => {
  /** Lines of the table by engine: whether it works, and by how much its gradients are off. */
  let engines: Map<string, Row>;

  beforeAll(async () => {
    const command = ['packages/cli/start.mjs', 'doctor'];
    const { stdout } = await execa('node', command, { cwd: repository });
    const rows = stdout.matchAll(/^│ (\S+) +│ (yes|no) +│ (\S+) +│/gm);
    engines = new Map(
      Array.from(rows, ([, engine, works, error]) => [engine!, { works: works!, error: Number(error) }]),
    );
  });

  it('says what works here, with gradients that are right, and what the others need', () => {
    for (const engine of ['onnx', 'cpu']) {
      expect(engines.get(engine)!.works).toBe('yes');
      expect(engines.get(engine)!.error).toBeLessThan(1e-6);
    }
    expect(engines.get(process.platform === 'darwin' ? 'onnx-dml' : 'onnx-coreml')!.works).toBe('no');
    expect(engines.size).toBe(8);
  });

  // vitest.config.ts selects the software Vulkan where it is installed.
  it.skipIf(process.env['VK_ICD_FILENAMES'] === undefined)(
    'WebGPU computes the same gradients (skipped without Debian’s chromium-common)',
    () => {
      expect(engines.get('onnx-webgpu')!.works).toBe('yes');
      expect(engines.get('onnx-webgpu')!.error).toBeLessThan(1e-5);
    },
  );
});
