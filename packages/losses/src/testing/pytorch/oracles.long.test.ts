/** python/clce.py beside the float64 loops, PyTorch's autograd (fixtures) and the losses of this package: values and gradients. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ceSupCon } from '../../losses/ce-sup-con.ts';
import { clce } from '../../losses/clce.ts';
import { referenceClce } from '../../reference/clce.ts';
import { type ArbitraryBatch, arbitraryBatch } from '../arbitrary-batch.ts';
import { evaluateOnCpu } from '../cpu-evaluation.ts';
import { readFixtureCases, readSmoothingCases } from '../fixture-cases.ts';
import { type Answer, type Program, startProgram, torchThere } from './start-program.ts';

const arbitraryOptions = fc.record({
  lambda: fc.constantFrom(0, 0.3, 0.9, 1),
  temperature: fc.constantFrom(0.01, 0.05, 0.1, 0.5, 1, 5),
  hardness: fc.constantFrom(0, 0.5, 1, 2, 10),
  form: fc.constantFrom('in' as const, 'out' as const),
  detachWeights: fc.boolean(),
  labelSmoothing: fc.constantFrom(0, 0.1),
});

describe.skipIf(!torchThere())('python/clce.py (skipped without Debian’s python3-torch)', () => {
  let program: Program;
  beforeAll(() => {
    program = startProgram();
  });
  afterAll(() => program.stop());

  describe('fixtures, float64', () => {
    it.each(readFixtureCases().contrastive)('$name', async (fixture) => {
      const { lambda, tau, beta, form, detachWeights, smoothing, logits, embeddings, labels } = fixture;
      const options = { lambda, temperature: tau, hardness: beta, form, detachWeights };
      const answer = await program.evaluate({
        ...{ call: 'clce', dtype: 'float64', options: { ...options, labelSmoothing: smoothing } },
        ...{ logits, embeddings, labels },
      });
      const { rounding } = slackOf('float64', options, embeddings);
      const parts = [answer.loss, answer.cross_entropy, answer.contrastive];
      expectClose(
        'value',
        parts,
        [fixture.total, fixture.crossEntropy, fixture.contrastive],
        1e-10,
        rounding,
      );
      expectClose('logits', answer.gradLogits.flat(), fixture.gradLogits.flat(), 1e-10, 1e-16);
      // The oracle's gradients have rounding of float64 where the exact gradient is zero.
      expectClose('embeddings', answer.gradEmbeddings.flat(), fixture.gradEmbeddings.flat(), 1e-10, 1e-12);
      const counted = fixture.anchors.filter((term) => term !== null).length;
      expect(answer.positives).toBeCloseTo(counted / fixture.anchors.length, 6);
    });

    it.each(readSmoothingCases().filter(({ minority }) => minority === undefined))(
      'label smoothing: $name',
      async ({ logits, labels, smoothing, value, gradLogits }) => {
        const options = { lambda: 0, labelSmoothing: smoothing };
        const inputs = { logits, embeddings: logits, labels };
        const answer = await program.evaluate({ call: 'clce', dtype: 'float64', options, ...inputs });
        expectClose('value', [answer.loss], [value], 1e-10, 0);
        expectClose('logits', answer.gradLogits.flat(), gradLogits.flat(), 1e-10, 1e-16);
      },
    );
  });

  describe.each([
    ['float64', 1e-10, undefined],
    ['float32', 1e-5, singlePrecision()],
  ] as const)('any batch and options, %s to %d', (dtype, tolerance, entries) => {
    it('CLCE', async () => {
      await fc.assert(
        fc.asyncProperty(batches(entries), arbitraryOptions, fc.boolean(), async (batch, options, module) => {
          const answer = await program.evaluate({ call: 'clce', dtype, options, module, ...batch });
          const expected = referenceClce(batch, options);
          expectAnswer(answer, expected, tolerance, slackOf(dtype, options, batch.embeddings));
          expect(answer.dtype).toBe(`torch.${dtype}`);
          expect(answer.positives).toBeCloseTo(
            expected.anchors.filter((term) => term !== null).length / batch.labels.length,
            6,
          );
        }),
        { numRuns: 300 },
      );
    });

    it('CE + SupCon', async () => {
      await fc.assert(
        fc.asyncProperty(batches(entries), arbitraryOptions, fc.boolean(), async (batch, drawn, module) => {
          const { lambda, temperature, form, labelSmoothing } = drawn;
          const options = { lambda, temperature, form, labelSmoothing };
          const answer = await program.evaluate({ call: 'ce+supcon', dtype, options, module, ...batch });
          const plain = { ...options, hardness: 0, detachWeights: false };
          const slack = slackOf(dtype, plain, batch.embeddings);
          expectAnswer(answer, referenceClce(batch, plain), tolerance, slack);
        }),
        { numRuns: 100 },
      );
    });

    it('LACLN', async () => {
      await fc.assert(
        fc.asyncProperty(batches(entries), arbitraryOptions, fc.boolean(), async (batch, drawn, module) => {
          const { lambda: _, labelSmoothing: __, ...options } = drawn;
          const answer = await program.evaluate({ call: 'lacln', dtype, options, module, ...batch });
          const { value, gradientEmbeddings } = referenceClce(batch, { ...drawn, lambda: 1 });
          const { rounding, atEmbeddings } = slackOf(dtype, options, batch.embeddings);
          expectClose('value', [answer.loss], [value], tolerance, rounding);
          expectClose(
            'embeddings',
            answer.gradEmbeddings.flat(),
            gradientEmbeddings.flat(),
            tolerance,
            atEmbeddings,
          );
        }),
        { numRuns: 100 },
      );
    });
  });

  it('has the values and gradients of this package’s losses, to 1e-5', async () => {
    const entries = singlePrecision();
    await fc.assert(
      fc.asyncProperty(
        batches(entries),
        arbitraryOptions,
        fc.boolean(),
        async (batch, drawn, withoutHard) => {
          const { lambda, temperature, labelSmoothing } = drawn;
          const blend = { lambda, temperature, labelSmoothing };
          const own = await evaluateOnCpu(
            ([logits, embeddings], labels) => {
              const inputs = { logits: logits!, embeddings: embeddings!, labels };
              return withoutHard ? ceSupCon(inputs, blend) : clce(inputs, drawn);
            },
            [batch.logits, batch.embeddings],
            batch.labels,
          );
          const [gradientLogits, gradientEmbeddings] = own.gradients as [number[][], number[][]];
          const answer = await program.evaluate({
            ...{ call: withoutHard ? 'ce+supcon' : 'clce', options: withoutHard ? blend : drawn },
            ...batch,
          });
          const hardness = withoutHard ? 0 : drawn.hardness;
          const slack = slackOf('float32', { temperature, hardness }, batch.embeddings);
          expectAnswer(answer, { value: own.value, gradientLogits, gradientEmbeddings }, 1e-5, slack);
        },
      ),
      { numRuns: 150 },
    );
  });
});

/** Numbers that float32 holds, so that PyTorch and the float64 loop get the same. */
function singlePrecision(): fc.Arbitrary<number> {
  return fc.integer({ min: -300, max: 300 }).map((x) => Math.fround(x / 100));
}

/** Batches whose labels are all classes: logits get columns where labels need more. */
function batches(entries?: fc.Arbitrary<number>): fc.Arbitrary<ArbitraryBatch> {
  return arbitraryBatch(entries).map(({ logits, embeddings, labels }) => {
    const columns = Math.max(logits[0]!.length, ...labels.map((label) => label + 1));
    return {
      logits: logits.map((row) => [...row, ...row, ...row].slice(0, columns)),
      embeddings,
      labels,
    };
  });
}

/** Absolute errors that rounding makes. */
interface Slack {
  readonly rounding: number;
  readonly atEmbeddings: number;
}

/** A similarity is wrong by about a unit of rounding / τ. β magnifies its effect, and short rows magnify a gradient. */
function slackOf(
  dtype: 'float32' | 'float64',
  { temperature, hardness }: { readonly temperature: number; readonly hardness: number },
  embeddings: readonly (readonly number[])[],
): Slack {
  const unit = dtype === 'float32' ? 2 ** -24 : 2 ** -53;
  const steepness = 1 + (1 + hardness) / temperature;
  const lengths = embeddings.map((row) => Math.hypot(...row)).filter((length) => length > 0);
  return {
    rounding: 4 * unit * steepness,
    atEmbeddings: (4 * unit * steepness ** 2) / Math.min(1, ...lengths),
  };
}

function expectAnswer(
  answer: Answer,
  expected: {
    readonly value: number;
    readonly gradientLogits: readonly (readonly number[])[];
    readonly gradientEmbeddings: readonly (readonly number[])[];
  },
  tolerance: number,
  { rounding, atEmbeddings }: Slack,
): void {
  const { gradientLogits, gradientEmbeddings } = expected;
  expectClose('value', [answer.loss], [expected.value], tolerance, rounding);
  expectClose('logits', answer.gradLogits.flat(), gradientLogits.flat(), tolerance, rounding);
  expectClose('embeddings', answer.gradEmbeddings.flat(), gradientEmbeddings.flat(), tolerance, atEmbeddings);
}

/** Each number within `tolerance` of the largest, and `slack`. */
function expectClose(
  what: string,
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
  slack: number,
): void {
  expect(actual).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  const error = Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)));
  expect(error, what).toBeLessThanOrEqual(tolerance * largest + slack);
}
