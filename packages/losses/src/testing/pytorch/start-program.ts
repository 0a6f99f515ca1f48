import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LossParameters } from '../../loss-definition.ts';
import type { ArbitraryBatch } from '../arbitrary-batch.ts';

/** Test support: python/clce.py in a process of Debian's Python, which answers many requests. */

/** Debian's, which python3-torch installs to. */
export const PYTHON = '/usr/bin/python3';
/** The folder of clce.py. */
export const FOLDER = fileURLToPath(new URL('../../../../../python', import.meta.url));
/** Leaves no compiled file beside clce.py. */
export const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };

/** The names in Python of a suite's `loss.parameters`. */
const PYTHON_NAMES: Readonly<Record<string, string>> = {
  lambda: 'lambda_',
  detachWeights: 'detach_weights',
  labelSmoothing: 'label_smoothing',
};

/** Parameters by their names in Python. */
export function inPython(parameters: LossParameters): LossParameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [PYTHON_NAMES[name] ?? name, value]),
  );
}

/** See program.py. */
export interface Request extends ArbitraryBatch {
  readonly call: 'clce' | 'ce+supcon' | 'lacln';
  readonly options?: LossParameters;
  readonly module?: boolean;
  readonly dtype?: string;
  readonly labelsDtype?: string;
  readonly rounded?: string;
  readonly autocast?: 'forward' | 'both';
}

/** Gradients are [n][…]. LACLN has the loss and the gradient at the embeddings alone. */
export interface Answer {
  readonly loss: number;
  readonly cross_entropy: number;
  readonly contrastive: number;
  readonly positives: number;
  readonly dtype: string;
  readonly gradLogits: number[][];
  readonly gradEmbeddings: number[][];
}

export interface Program {
  /** Evaluates a loss and its gradients. @throws what Python raised, as "ValueError: …" */
  readonly evaluate: (request: Request) => Promise<Answer>;
  /** Any other request of program.py. */
  readonly ask: <T>(request: object) => Promise<T>;
  readonly stop: () => void;
}

export function startProgram(): Program {
  const path = fileURLToPath(new URL('./program.py', import.meta.url));
  const child = spawn(PYTHON, [path, FOLDER], { stdio: ['pipe', 'pipe', 'inherit'], env });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async <T>(request: object): Promise<T> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await answers.next();
    if (done === true) throw new Error('program.py has ended');
    const answer = JSON.parse(value) as T & { readonly error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  };
  return {
    evaluate: (request) => ask({ ...request, options: inPython(request.options ?? {}) }),
    ask,
    stop: () => child.stdin.end(),
  };
}

export function torchThere(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import torch'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
