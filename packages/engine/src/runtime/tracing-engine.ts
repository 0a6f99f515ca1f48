import { type HostTensors, zeros } from '../host-tensor.ts';
import type { Engine } from '../step.ts';
import { type TracedStep, trace } from '../trace/trace.ts';

/**
 * An engine that computes nothing: it traces each step when the step is compiled, and a run gives zeros of the shapes that
 * the step's outputs have. A program that compiles some of its steps only as it runs is traced whole by running it once.
 *
 * @param onTrace receives every traced step, as no engine has changed it yet
 */
export function tracingEngine(onTrace: (step: TracedStep) => void): Engine {
  return {
    name: 'tracing',
    createState: (values) => ({ read: async () => values, dispose: () => {} }),
    async compile(step, signature) {
      const traced = trace(step, signature);
      onTrace(traced);
      return {
        async run(): Promise<HostTensors> {
          const outputs = Object.entries(traced.outputs);
          return Object.fromEntries(outputs.map(([name, spec]) => [name, zeros(spec)]));
        },
        dispose: async () => {},
      };
    },
  };
}
