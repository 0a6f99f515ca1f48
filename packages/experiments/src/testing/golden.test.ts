/**
 * The same bits on every x86-64 processor with AVX2 and FMA: the hashes of fixtures/golden.json were made once and hold everywhere.
 * A change that alters results changes them; `npx vitest run golden --update` writes the new ones. THREADS is
 * the engine's number of threads, which changes no hash.
 */
import { readFileSync } from 'node:fs';
import { arch } from 'node:os';
import { getEngine } from '@clce/engine';
import { NUMERICS_VERSION } from '@clce/results';
import { expect, it } from 'vitest';
import { goldenCases, goldenHashes } from './golden.ts';

const stored: { readonly hashes: object } = JSON.parse(
  readFileSync(new URL('fixtures/golden.json', import.meta.url), 'utf8'),
);

// ONNX Runtime has other loops on other architectures.
it.skipIf(arch() !== 'x64')(
  'twenty steps of every loss on small models, and what is measured of them',
  async () => {
    const engine = await getEngine('onnx').start({ threads: Number(process.env['THREADS'] ?? 1) });
    const cases = new Map(goldenCases.map((one) => [`${one.backbone.name} ${one.loss}`, one]));
    // In the order of the file; new cases come last.
    const names = new Set([...Object.keys(stored.hashes).filter((name) => cases.has(name)), ...cases.keys()]);
    const hashes: Record<string, object> = {};
    for (const name of names) hashes[name] = await goldenHashes(engine, cases.get(name)!);
    const golden = { numericsVersion: NUMERICS_VERSION, hashes };
    await expect(`${JSON.stringify(golden, null, 2)}\n`).toMatchFileSnapshot('fixtures/golden.json');
  },
);
