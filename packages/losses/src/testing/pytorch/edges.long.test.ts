/** python/clce.py where a public copy of such a loss fails: small batches, no positives, zero rows, small τ, half precision, autocast. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ArbitraryBatch, arbitraryBatch, CLASSES, extremeEntries } from '../arbitrary-batch.ts';
import {
  env,
  FOLDER,
  type Program,
  PYTHON,
  type Request,
  startProgram,
  torchThere,
} from './start-program.ts';

const batch: ArbitraryBatch = {
  embeddings: [
    [1, 2, 0.5],
    [2, -1, 0.3],
    [0.3, 1, 1],
    [-1, 0.2, 2],
    [1, 1, 1],
    [0.1, -2, 0.4],
  ],
  logits: [
    [1, 0, 2],
    [0, 2, -1],
    [0.5, 0.2, 0],
    [3, -2, 0.1],
    [-1, 0.7, 1],
    [0, 0, 0],
  ],
  labels: [0, 1, 0, 1, 2, 0],
};
const zeros = (rows: readonly (readonly number[])[]) => rows.map((row) => row.map(() => 0));
/** Without the sign of a zero. */
const absolute = (rows: readonly (readonly number[])[]) => rows.map((row) => row.map(Math.abs));

describe.skipIf(!torchThere())('python/clce.py (skipped without Debian’s python3-torch)', () => {
  let program: Program;
  beforeAll(() => {
    program = startProgram();
  });
  afterAll(() => program.stop());
  const evaluate = (request: Partial<Request>) => program.evaluate({ call: 'clce', ...batch, ...request });
  const run = async (code: string) => (await program.ask<{ loss: number }>({ call: 'run', code })).loss;

  describe('samples without partners', () => {
    it.each(['in', 'out'] as const)('a batch of one, form "%s": the contrastive term is 0', async (form) => {
      const one = { embeddings: [[3, -1]], logits: [[0.3, 0.1]], labels: [1] };
      const answer = await evaluate({ ...one, options: { form } });
      expect(answer.contrastive).toBe(0);
      expect(answer.positives).toBe(0);
      expect(answer.loss).toBeCloseTo(0.1 * Math.log(1 + Math.exp(0.2)), 6);
      expect(absolute(answer.gradEmbeddings)).toEqual([[0, 0]]);
    });

    it.each(['in', 'out'] as const)(
      'no positives, form "%s": zero, with a gradient of zeros',
      async (form) => {
        const labels = [0, 1, 2, 3, 4, 5];
        const logits = batch.logits.map((row) => [...row, ...row]);
        const answer = await evaluate({ labels, logits, options: { lambda: 1, form } });
        expect(answer.loss).toBe(0);
        expect(answer.positives).toBe(0);
        // The program has called backward, which fails for a zero that no graph leads to.
        expect(absolute(answer.gradEmbeddings)).toEqual(zeros(batch.embeddings));
        expect(absolute(answer.gradLogits)).toEqual(zeros(logits));
      },
    );

    it('the share of anchors with a positive is returned', async () => {
      expect((await evaluate({})).positives).toBeCloseTo(5 / 6, 6);
      expect((await evaluate({ labels: [1, 1, 1, 1, 1, 1] })).positives).toBe(1);
    });
  });

  describe.each(['float32', 'float16', 'bfloat16'])('%s', (dtype) => {
    it('a zero row has a gradient of zeros, and the other rows a finite one', async () => {
      const embeddings = batch.embeddings.map((row, i) => (i === 2 ? [0, 0, 0] : row));
      const answer = await evaluate({ dtype, embeddings, options: { temperature: 0.01 } });
      expect(absolute(answer.gradEmbeddings)[2]).toEqual([0, 0, 0]);
      expect(absolute(answer.gradEmbeddings)[0]).not.toContain(0);
    });

    it('embeddings that are all zero have the loss of a collapse', async () => {
      const answer = await evaluate({ dtype, embeddings: zeros(batch.embeddings) });
      expect(answer.contrastive).toBeCloseTo(Math.log(5), 6);
      expect(absolute(answer.gradEmbeddings)).toEqual(zeros(batch.embeddings));
    });
  });

  it('every finite float32 input has a finite loss and a finite gradient', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryBatch(extremeEntries),
        fc.record({
          temperature: fc.constantFrom(1e-6, 0.01, 0.07, 0.5, 100),
          hardness: fc.constantFrom(0, 0.5, 1, 50),
          form: fc.constantFrom('in', 'out'),
          lambda: fc.constantFrom(0, 0.5, 0.9, 1),
          labelSmoothing: fc.constantFrom(0, 0.1),
        }),
        async ({ labels, ...inputs }, options) => {
          // The program refuses to answer with a number that is not finite.
          const answer = await evaluate({
            ...inputs,
            labels: labels.map((label) => label % CLASSES),
            options,
          });
          expect(answer.loss).toBeGreaterThanOrEqual(-1e-6);
        },
      ),
      { numRuns: 300 },
    );
  });

  describe.each([
    ['float16', 2 ** -11],
    ['bfloat16', 2 ** -8],
  ] as const)('τ = 0.01 in %s', (half, unit) => {
    const options = { temperature: 0.01 };

    it('has the loss of the same numbers in float32', async () => {
      const single = await evaluate({ rounded: half, options });
      const answer = await evaluate({ dtype: half, options });
      expect(answer.dtype).toBe('torch.float32');
      expect(answer.loss).toBe(single.loss);
      const expected = single.gradEmbeddings.flat();
      for (const [i, gradient] of answer.gradEmbeddings.flat().entries()) {
        expect(Math.abs(gradient - expected[i]!)).toBeLessThanOrEqual(unit * Math.abs(expected[i]!) + 1e-7);
      }
    });
  });

  describe('inside bfloat16 autocast', () => {
    it.each([
      ['clce', 'forward'],
      ['clce', 'both'],
      ['ce+supcon', 'both'],
      ['lacln', 'forward'],
      ['lacln', 'both'],
    ] as const)('%s, passes inside: %s: the same bits as outside', async (call, autocast) => {
      const options = { temperature: 0.01 };
      expect(await evaluate({ call, autocast, options })).toEqual(await evaluate({ call, options }));
    });

    it('would have another loss if products were bfloat16', async () => {
      // The cosines of autocast, then the formula of the out form without hardness.
      const code = `import torch
torch.manual_seed(0)
z, y = torch.nn.functional.normalize(torch.randn(16, 8), dim=1), torch.arange(16) % 4
from clce import ce_sup_con
def plain():
    s = (z @ z.t()).float() / 0.01
    s = s.masked_fill(torch.eye(16, dtype=torch.bool), -torch.inf)
    same = (y[:, None] == y) & ~torch.eye(16, dtype=torch.bool)
    return -((s - s.logsumexp(1, keepdim=True)).masked_fill(~same, 0).sum(1) / same.sum(1)).mean()
with torch.autocast('cpu', dtype=torch.bfloat16):
    own, halved = ce_sup_con(torch.zeros(16, 4), z, y, lambda_=1, temperature=0.01), plain()
assert abs(own - plain()) < 1e-3
loss = abs(own - halved)`;
      expect(await run(code)).toBeGreaterThan(0.01);
    });

    it('works on a kind of device for which PyTorch has no autocast', async () => {
      const code = `import contextlib, torch
from clce import _without_autocast
with _without_autocast(torch.empty(1, device='meta')) as context:
    loss = torch.ones(())`;
      expect(await run(code)).toBe(1);
    });
  });

  it.each([
    [{ temperature: 0.01, form: 'in' }, batch.labels],
    [{ temperature: 0.5, form: 'out', hardness: 10 }, batch.labels],
    [{ temperature: 5, form: 'in', hardness: 0 }, [1, 1, 1, 1, 1, 1]],
  ] as const)(
    'equal embeddings of n rows have the contrastive term ln(n - 1): %j',
    async (options, labels) => {
      const embeddings = batch.embeddings.map(() => [0.3, -2, 0.7]);
      const { contrastive } = await evaluate({ embeddings, labels: [...labels], options });
      expect(contrastive).toBeCloseTo(Math.log(5), 5);
    },
  );

  it('a call compares the rows of the call alone', async () => {
    const part = (from: number, to: number) => ({
      embeddings: batch.embeddings.slice(from, to),
      logits: batch.logits.slice(from, to),
      labels: batch.labels.slice(from, to),
    });
    const options = { lambda: 1 };
    const [whole, first, second] = [
      await evaluate({ options }),
      await evaluate({ ...part(0, 3), options }),
      await evaluate({ ...part(3, 6), options }),
    ];
    // The second half has no positives, and the only negative of the first half's pair is row 1.
    expect(second.loss).toBe(0);
    expect(first.positives).toBeCloseTo(2 / 3, 6);
    expect(Math.abs((first.loss + second.loss) / 2 - whole.loss)).toBeGreaterThan(0.5);
  });

  it.each(['uint8', 'int16', 'int32'])('labels may be %s', async (labelsDtype) => {
    expect(await evaluate({ labelsDtype })).toEqual(await evaluate({}));
  });

  describe('errors of one line', () => {
    it.each([
      [{ options: { lambda: 1.1 } }, 'lambda_ must be a number in [0, 1], got 1.1'],
      [{ options: { lambda: true } }, 'lambda_ must be a number in [0, 1], got True'],
      [{ options: { temperature: 0 } }, 'temperature must be a finite number > 0 (at least 1e-6), got 0'],
      [{ options: { hardness: -1 } }, 'hardness must be a finite number >= 0, got -1'],
      [{ options: { form: 'inside' } }, `form must be "in" or "out", got 'inside'`],
      [{ options: { detachWeights: 0 } }, 'detach_weights must be True or False, got 0'],
      [{ options: { labelSmoothing: 1 } }, 'label_smoothing must be a number in [0, 1), got 1'],
      [
        { labels: [0, 1, 0, 1, 3, 0] },
        'labels must be in [0, 3), the classes of logits, got 3: no label is ignored',
      ],
      [
        { labels: [0, 1, 0, 1, -100, 0] },
        'labels must be in [0, 3), the classes of logits, got -100: no label is ignored',
      ],
      [{ labels: [0, 1] }, 'labels must be one label for each of the 6 rows of logits, got 2'],
      [
        { labelsDtype: 'float32' },
        'labels must be a tensor of whole numbers of shape [n], got torch.float32 [6]',
      ],
      [
        { dtype: 'int64' },
        'logits must be a non-empty floating tensor of shape [n, features], got torch.int64 [6, 3]',
      ],
      [
        { embeddings: [[], [], [], [], [], []] },
        'embeddings must be a non-empty floating tensor of shape [n, features], got torch.float32 [6, 0]',
      ],
      [{ embeddings: [[1, 2]] }, 'labels must be one label for each of the 1 rows of embeddings, got 6'],
    ] satisfies [Partial<Request>, string][])('%j', async (request, message) => {
      for (const module of [false, true]) {
        await expect(evaluate({ ...request, module })).rejects.toThrow(new Error(`ValueError: ${message}`));
      }
    });
  });

  it('a criterion prints its parameters', async () => {
    const code =
      'import clce; print(clce.CLCE(temperature=0.1)); print(clce.CESupCon()); print(clce.LACLN())';
    const printed = execFileSync(PYTHON, ['-c', code], { cwd: FOLDER, env, encoding: 'utf8' });
    const common = "form='in', detach_weights=False";
    expect(printed.trim().split('\n')).toEqual([
      `CLCE(lambda_=0.9, temperature=0.1, hardness=1.0, ${common}, label_smoothing=0.0)`,
      "CESupCon(lambda_=0.9, temperature=0.5, form='out', label_smoothing=0.0)",
      `LACLN(temperature=0.5, hardness=1.0, ${common})`,
    ]);
  });
});
