/** Time of a step by operator, measured by ONNX Runtime's profiler. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inputName, outputName, stateName, trace, updateName } from '@clce/engine';
import * as ort from 'onnxruntime-node';
import type { Workload } from './train-step-workload.ts';

/** Milliseconds and number of operators in a step, by the operator's name after ONNX Runtime's fusion. */
export type Profile = Readonly<Record<string, { readonly ms: number; readonly count: number }>>;

interface Event {
  readonly cat: string;
  readonly name: string;
  /** Start, in microseconds. */
  readonly ts: number;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

/** Profiles a training step. The first step is left out, because it allocates memory. */
export async function profileStep(
  { step, signature, state, inputs }: Workload,
  { threads, steps }: { readonly threads: number; readonly steps: number },
): Promise<Profile> {
  const { bytes, usedInputs, outputs, updates } = trace(step, signature);
  const values = { ...renamed(state, stateName), ...renamed(inputs(0), inputName) };
  const tensor = (name: string) => {
    const { dtype, data, shape } = values[name]!;
    return new ort.Tensor(dtype as 'float32', data.slice() as Float32Array, [...shape]);
  };
  const feeds = Object.fromEntries(usedInputs.map((name) => [name, tensor(name)]));
  const fetches = Object.fromEntries([
    ...updates.map((name) => [updateName(name), tensor(stateName(name))]),
    ...Object.keys(outputs).map((name) => [outputName(name), null]),
  ]);
  return profile(bytes, { feeds, fetches, threads, runs: steps });
}

/** Profiles a model over `runs` runs, after one run that is not counted. */
export async function profile(
  model: Uint8Array,
  options: {
    readonly feeds: Readonly<Record<string, ort.Tensor>>;
    readonly fetches: Readonly<Record<string, ort.Tensor | null>>;
    readonly threads: number;
    readonly runs: number;
  },
): Promise<Profile> {
  const { feeds, fetches, threads, runs } = options;
  const folder = await mkdtemp(join(tmpdir(), 'clce-profile-'));
  try {
    const session = await ort.InferenceSession.create(model, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      enableMemPattern: false,
      logSeverityLevel: 3,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
    });
    for (let k = 0; k <= runs; k++) await session.run(feeds, fetches);
    session.endProfiling();
    await session.release();
    const [file] = await readdir(folder);
    return byOperator(JSON.parse(await readFile(join(folder, file!), 'utf8')) as Event[], runs);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function renamed<T>(
  values: Readonly<Record<string, T>>,
  rename: (name: string) => string,
): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [rename(name), value]));
}

function byOperator(events: readonly Event[], runs: number): Profile {
  const second = events.filter(({ name }) => name === 'model_run')[1]!.ts;
  const found: Record<string, { ms: number; count: number }> = {};
  for (const { cat, name, ts, dur, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || ts < second) continue;
    const { ms, count } = found[args!.op_name!] ?? { ms: 0, count: 0 };
    found[args!.op_name!] = { ms: ms + dur / 1000 / runs, count: count + 1 / runs };
  }
  return found;
}
