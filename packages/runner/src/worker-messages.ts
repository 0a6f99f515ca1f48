/** Messages between a worker process and its pool, over Node's IPC channel (structured clone). */
import type { ErrorRecord } from '@clce/registry';
import type { Progress } from './local-executor.ts';
import type { ProcessAccount } from './provenance.ts';

/** Pool → worker: run one cell. The message holds all that the cell needs. A worker has at most one request at a time. */
export interface RunRequest {
  readonly kind: 'clce-run';
  readonly spec: unknown;
  /** The cell's folder of the ledger. */
  readonly directory: string;
  /** What the worker needs besides the specification, and what the result does not depend on. */
  readonly settings: unknown;
}

/** Pool → worker: make the trial of the worker's module, such as the start of an engine. No cell runs. */
export interface TrialRequest {
  readonly kind: 'clce-trial';
  readonly subject: unknown;
}

/** Pool → worker: stop the running cell as soon as it can be continued later. */
export interface StopRequest {
  readonly kind: 'clce-stop';
}

/** Worker → pool: heartbeats, progress and accounts of the process; at the end a result or an error. A trial has no result. */
export type WorkerMessage =
  | { readonly kind: 'clce-alive' }
  | { readonly kind: 'clce-progress'; readonly progress: Progress }
  | { readonly kind: 'clce-account'; readonly account: ProcessAccount }
  | { readonly kind: 'clce-note'; readonly note: string }
  | { readonly kind: 'clce-result'; readonly result?: unknown }
  | { readonly kind: 'clce-error'; readonly error: ErrorRecord };

/** Other libraries may use the channel too, so messages of other kinds are ignored. */
export function isRunRequest(message: unknown): message is RunRequest {
  return kindOf(message) === 'clce-run';
}

export function isTrialRequest(message: unknown): message is TrialRequest {
  return kindOf(message) === 'clce-trial';
}

export function isStopRequest(message: unknown): message is StopRequest {
  return kindOf(message) === 'clce-stop';
}

export function isWorkerMessage(message: unknown): message is WorkerMessage {
  return KINDS.includes(String(kindOf(message)));
}

const KINDS = ['clce-alive', 'clce-progress', 'clce-account', 'clce-note', 'clce-result', 'clce-error'];

function kindOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'kind' in message ? message.kind : undefined;
}
