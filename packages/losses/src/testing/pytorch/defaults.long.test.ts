/** python/clce.py has the parameters and defaults of the registry, and python/README.md says so. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getLoss } from '../../registry.ts';
import { FOLDER, inPython, type Program, startProgram, torchThere } from './start-program.ts';

const README = readFileSync(`${FOLDER}/README.md`, 'utf8');

it('the table of python/README.md has every parameter of CLCE with its default', () => {
  const rows = [...README.matchAll(/^\| `(\w+)` \| `(\w+)` \| ([^|]+) \|/gm)];
  const listed = rows.map(([, yaml, python, value]) => [yaml, python, value!.trim()]);
  const { defaults } = getLoss('clce');
  const expected = Object.entries(defaults).map(([name, value]) => [
    name,
    Object.keys(inPython({ [name]: value }))[0],
    String(value),
  ]);
  expect(listed.toSorted()).toEqual(expected.toSorted());
});

describe.skipIf(!torchThere())('python/clce.py (skipped without Debian’s python3-torch)', () => {
  let program: Program;
  beforeAll(() => {
    program = startProgram();
  });
  afterAll(() => program.stop());
  /** Of the function and of the module. */
  const defaults = () => program.ask<Record<string, [unknown, unknown]>>({ call: 'defaults' });

  it.each(['clce', 'ce+supcon'])('%s has the defaults of the registry', async (name) => {
    const expected = inPython(getLoss(name).defaults);
    expect((await defaults())[name]).toEqual([{ ...expected, parts: false }, expected]);
  });

  it('LACLN has the defaults of CLCE', async () => {
    const { lambda: _, labelSmoothing: __, ...rest } = getLoss('clce').defaults;
    expect((await defaults())['lacln']).toEqual([inPython(rest), inPython(rest)]);
  });

  it('the examples of python/README.md run', async () => {
    const examples = [...README.matchAll(/```python\n([\s\S]*?)```/g)].map(([, code]) => code!);
    expect(examples).toHaveLength(2);
    const inputs = `import torch
logits, embeddings = torch.randn(6, 3, requires_grad=True), torch.randn(6, 4, requires_grad=True)
labels = torch.arange(6) % 3
`;
    const { loss } = await program.ask<{ loss: number }>({ call: 'run', code: inputs + examples.join('\n') });
    expect(loss).toBeGreaterThan(0);
  });
});
