/**
 * One request to a server that may be slow, overloaded or gone, and what is done about it: a fault that may pass is tried
 * again with growing pauses, one that stays is an error at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DatasetError } from '../errors.ts';

/** How patient a request is. */
export interface Patience {
  /** Tries in a row without a byte of progress before an address is given up. */
  attempts: number;
  /** Milliseconds before the second try, doubled for each further one. */
  backoffMs: number;
  /** Milliseconds of silence after which a connection is cut. */
  idleMs: number;
  signal?: AbortSignal;
}

/** Tries again, with growing pauses, as long as the fault may pass or something arrives. */
export async function patiently<T>(
  url: string,
  settings: Patience,
  action: () => Promise<T>,
  progress: () => number = () => 0,
): Promise<T> {
  let before = progress();
  for (let attempt = 1; ; ) {
    try {
      return await action();
    } catch (error) {
      settings.signal?.throwIfAborted();
      if (error instanceof Refusal)
        throw new DatasetError(`${url} ${error.message}.`, 'download', { cause: error });
      if (!(error instanceof Interruption)) throw error;
      attempt = progress() > before ? 1 : attempt + 1;
      before = progress();
      if (attempt > settings.attempts) {
        throw new DatasetError(
          `${url} ${error.message}, ${settings.attempts} times; run the same command to go on.`,
          'download',
          { cause: error },
        );
      }
      await sleep(settings.backoffMs * 2 ** (attempt - 1), undefined, {
        ...(settings.signal && { signal: settings.signal }),
      });
    }
  }
}

/** A fault that may pass: the connection broke, the server is overloaded. */
export class Interruption extends Error {}

/** A fault that stays: no such file, a redirect loop, a server that does not do what it says. */
export class Refusal extends Error {}

/** Status codes after which it makes sense to ask again (RFC 9110, section 15; RFC 6585). */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

export async function request<T>(
  url: string,
  headers: Record<string, string>,
  settings: Patience,
  read: (response: Response, alive: () => void) => Promise<T>,
): Promise<T> {
  const idle = new AbortController();
  const timer = setTimeout(
    () => idle.abort(new Interruption(`was silent for ${settings.idleMs / 1000} s`)),
    settings.idleMs,
  );
  const signals = [idle.signal, ...(settings.signal ? [settings.signal] : [])];
  // Set once the answer is there, so that the rest of a body that nobody reads is not fetched.
  const done = new AbortController();
  try {
    const response = await fetch(url, {
      // Compression by the way would make lengths and ranges mean something else.
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

/** `fetch` hides what happened in the cause. */
function asNetworkFault(error: unknown): unknown {
  if (!(error instanceof TypeError)) return error;
  const cause = error.cause instanceof Error ? error.cause : error;
  if (cause.message.includes('redirect count exceeded')) return new Refusal('redirects in a loop');
  const code = 'code' in cause ? String(cause.code) : '';
  const reason = cause.message === '' ? code : cause.message;
  // A name that does not exist or a certificate that does not fit will not change within seconds.
  if (['ENOTFOUND', 'ERR_INVALID_URL'].includes(code) || /certificate|self-signed/i.test(reason)) {
    return new Refusal(`cannot be reached (${reason})`);
  }
  return new Interruption(`broke off (${reason})`);
}

export async function* bodyOf(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body !== null) for await (const chunk of response.body) yield chunk as Uint8Array;
}
