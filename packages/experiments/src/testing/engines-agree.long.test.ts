/**
 * Ten steps on every engine that starts here; ENGINES=name,… says which have to. Losses and norms of gradients differ by
 * less than 1e-5 of themselves: float32 sums in another order.
 */
import { type Diagnosis, diagnose, engineNames, getEngine, onnxEngine } from '@clce/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { type TenSteps, tenSteps, tenStepsCases } from './ten-steps.ts';

const TOLERANCE = 1e-5;

/** WebGPU has all operators of these steps: none goes back to the CPU. */
const opened = (engine: string) =>
  engine === 'onnx-webgpu' ? onnxEngine({ provider: 'webgpu', fallback: false }) : getEngine(engine).start();

const required = process.env['ENGINES']?.split(',');
const diagnoses = await diagnose(
  required ?? engineNames.filter((name) => name !== 'onnx' && name !== 'auto'),
);
const isMissing = ({ fault }: Diagnosis) => fault !== undefined && required === undefined;
/** Each architecture, optimiser and loss once: WebGPU without a GPU takes seconds to make its programs. */
const few = tenStepsCases.filter((_, k) => k === 1 || k === tenStepsCases.length - 2);

it.skip.each(diagnoses.filter(isMissing))('engine $engine, which does not start here: $fault', () => {});

describe.each(diagnoses.filter((one) => !isMissing(one)))(
  'engine $engine',
  ({ engine, fault, gradientError }) => {
    const cases = engine === 'onnx-webgpu' ? few : tenStepsCases;
    const expected = new Map<(typeof cases)[number], TenSteps>();

    beforeAll(async () => {
      const native = await getEngine('onnx').start();
      for (const one of cases) expected.set(one, await tenSteps(native, one));
    });

    it('starts, and its gradients are right', () => {
      expect(fault).toBeUndefined();
      expect(gradientError).toBeLessThan(TOLERANCE);
    });

    it.each(cases)(
      'takes the ten steps of $backbone.name with $loss and $optimizer.name that onnx takes, and goes on from its own checkpoint',
      async (one) => {
        const found = await tenSteps(await opened(engine), one);
        for (const figures of ['losses', 'gradientNorms'] as const) {
          for (const [k, figure] of expected.get(one)![figures].entries()) {
            const difference = Math.abs(found[figures][k]! / figure - 1);
            expect(difference, `${figures} of step ${k}`).toBeLessThan(TOLERANCE);
          }
        }
        expect(found.resumed).toEqual(found.losses.slice(-found.resumed.length));
      },
    );
  },
);
