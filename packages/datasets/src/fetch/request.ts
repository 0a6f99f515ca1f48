/**
 * Sends requests to a server that may be slow, overloaded or gone. A temporary fault is retried with growing pauses. A
 * permanent fault is an error at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DatasetError } from '../errors.ts';

/** Retries and time limits of a request. */
export interface Patience {
  /** Consecutive tries without progress before an address is given up. */
  attempts: number;
  /** Milliseconds before the second try; they double for each further try. */
  backoffMs: number;
  /** Milliseconds of silence after which a connection is closed. */
  idleMs: number;
  signal?: AbortSignal;
}

/** Retries an action with growing pauses after temporary faults. Progress resets the count of tries. */
export async function patiently<T>(
  url: string,
  options: Patience,
  action: () => Promise<T>,
  progress: () => number = () => 0,
): Promise<T> {
  let before = progress();
  for (let attempt = 1; ; ) {
    try {
      return await action();
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof Refusal)
        throw new DatasetError(`${url} ${error.message}.`, 'download', { cause: error });
      if (!(error instanceof Interruption)) throw error;
      attempt = progress() > before ? 1 : attempt + 1;
      before = progress();
      if (attempt > options.attempts) {
        throw new DatasetError(
          `${url} ${error.message}, ${options.attempts} times; run the same command to continue.`,
          'download',
          { cause: error },
        );
      }
      await sleep(options.backoffMs * 2 ** (attempt - 1), undefined, {
        ...(options.signal && { signal: options.signal }),
      });
    }
  }
}

/** A temporary fault: the connection broke, the server is overloaded. */
export class Interruption extends Error {}

/** A permanent fault: no such file, a redirect loop, a server that contradicts itself. */
export class Refusal extends Error {}

/** Status codes of temporary faults (RFC 9110, section 15; RFC 6585). */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

export async function request<T>(
  url: string,
  headers: Record<string, string>,
  options: Patience,
  read: (response: Response, alive: () => void) => Promise<T>,
): Promise<T> {
  const idle = new AbortController();
  const timer = setTimeout(
    () => idle.abort(new Interruption(`was silent for ${options.idleMs / 1000} s`)),
    options.idleMs,
  );
  const signals = [idle.signal, ...(options.signal ? [options.signal] : [])];
  // Aborted after reading, so that the unread rest of a body is not fetched.
  const done = new AbortController();
  try {
    const response = await fetch(url, {
      // With compression, lengths and ranges would count compressed bytes.
      headers: { 'accept-encoding': 'identity', ...headers },
      signal: AbortSignal.any([...signals, done.signal]),
    });
    if (PASSING.has(response.status)) throw new Interruption(`answered ${response.status}`);
    if (!response.ok) throw new Refusal(`answered ${response.status} ${response.statusText}`.trim());
    return await read(response, () => timer.refresh());
  } catch (error) {
    if (idle.signal.aborted) throw idle.signal.reason;
    throw asNetworkFault(error);
  } finally {
    clearTimeout(timer);
    done.abort();
  }
}

/** Classifies an error of `fetch`, which hides the reason in `cause`. */
function asNetworkFault(error: unknown): unknown {
  if (!(error instanceof TypeError)) return error;
  const cause = error.cause instanceof Error ? error.cause : error;
  if (cause.message.includes('redirect count exceeded')) return new Refusal('redirects in a loop');
  const code = 'code' in cause ? String(cause.code) : '';
  const reason = cause.message === '' ? code : cause.message;
  // An unknown host name or a wrong certificate will not change within seconds.
  if (['ENOTFOUND', 'ERR_INVALID_URL'].includes(code) || /certificate|self-signed/i.test(reason)) {
    return new Refusal(`cannot be reached (${reason})`);
  }
  return new Interruption(`broke off (${reason})`);
}

export async function* bodyOf(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body !== null) for await (const chunk of response.body) yield chunk as Uint8Array;
}
