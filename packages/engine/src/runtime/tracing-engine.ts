import { type HostTensors, zeros } from '../host-tensor.ts';
import type { Engine } from '../step.ts';
import { type TracedStep, trace } from '../trace/trace.ts';

/**
 * An engine that computes nothing. It traces each step at compilation, and a run returns zeros in the shapes of the
 * step's outputs. A program that compiles some steps only while it runs is traced whole by one run.
 *
 * @param onTrace receives every traced step, without any engine's options
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
