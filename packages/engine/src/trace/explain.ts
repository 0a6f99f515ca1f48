/** Adds the op, the shapes and the step's source line to an error. */

import { TraceError } from '../errors.ts';
import { callOf } from '../op-calls.ts';
import { usedAt } from './used-at.ts';

/** The error as a TraceError with op, shapes and line. TensorFlow.js's own errors become TraceErrors too. */
export function explain(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const reason = reasonOf(error);
  const place = usedAt(error);
  return new TraceError(place === undefined ? reason : `${reason} (at ${place})`, { cause: error });
}

function reasonOf(error: Error): string {
  const missing = /Kernel '(\w+)' not registered/.exec(error.message);
  if (missing) {
    return (
      `the op ${missing[1]} has no kernel in the tracing back end. Write the step with other ops, add a kernel in ` +
      'packages/engine/src/trace/kernels, or run it with the eager engine (cpu)'
    );
  }
  const call = callOf(error);
  return call === undefined ? error.message : `${call}: ${withoutOp(error.message)}`;
}

/** Patterns by which TensorFlow.js's messages name the op. Some messages name the wrong op. */
const NAMES_OF_OPS = [/^Error in \w+:\s*/, /^\w+\(\): /, / passed to (?:'\w+'|tf\.\w+\(\))/];

function withoutOp(message: string): string {
  return NAMES_OF_OPS.reduce((rest, name) => rest.replace(name, ''), message);
}
