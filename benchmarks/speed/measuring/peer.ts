/** Runs one of the Python peers and reads the JSON line that it prints. */

import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const PYTHON = '/usr/bin/python3';

/** The report of a peer, in milliseconds and megabytes. */
export interface PeerReport {
  readonly ms: number;
  readonly min: number;
  readonly peakMB: number;
}

/** Why the peer cannot run here; undefined where it can. */
export async function peerMissing(
  module: 'torch.nn' | 'torchvision.models' | 'torchvision.transforms' | 'sklearn.linear_model' = 'torch.nn',
): Promise<string | undefined> {
  const { exitCode, failed } = await execa(PYTHON, ['-c', `import ${module}`], { reject: false });
  if (!failed && exitCode === 0) return undefined;
  const packages = `python3-${module.split('.')[0]} libopenblas0-pthread`;
  return `${module} is not installed for /usr/bin/python3 (Debian: apt-get install ${packages})`;
}

export function runPeer(program: string, args: readonly string[]): Promise<PeerReport> {
  return firstLine(program, args);
}

/** Why the GPU peer cannot run with this Python; undefined where it can. */
export async function gpuPeerMissing(python: string): Promise<string | undefined> {
  const program = 'import torch; assert torch.cuda.is_available()';
  const { failed } = await execa(python, ['-c', program], { reject: false });
  return failed
    ? `${python} has no PyTorch that finds an NVIDIA GPU; --python names another Python`
    : undefined;
}

export function runGpuPeer(
  args: readonly string[],
  options: Start,
): Promise<{ readonly ms: number; readonly gpu: string; readonly version: string }> {
  return firstLine('train_step_gpu', args, options);
}

/** Runs a peer that reports images a second. */
export async function runPeerForRate(
  program: 'features' | 'images',
  args: readonly string[],
): Promise<number> {
  const { imagesPerSecond, perSecond } = await firstLine<Record<string, number>>(program, args);
  return (imagesPerSecond ?? perSecond)!;
}

/** Milliseconds per image of the images' peer, up to and including each step. */
export function runImageSteps(folder: string): Promise<Readonly<Record<string, number>>> {
  return firstLine('image_steps', [folder]);
}

/** Episodes a second and accuracies of all episodes, by classifier. */
export interface EpisodesReport {
  readonly perSecond: Readonly<Record<string, number>>;
  readonly accuracies: Readonly<Record<string, readonly number[]>>;
}

export async function runEpisodes(args: readonly string[]): Promise<EpisodesReport> {
  const [rates, accuracies] = (await lines('episodes', args)).map((line) => JSON.parse(line));
  const classifiers = Object.keys(accuracies as object);
  return {
    perSecond: Object.fromEntries(classifiers.map((name) => [name, rates[name].perSecond as number])),
    accuracies: accuracies as EpisodesReport['accuracies'],
  };
}

async function firstLine<T>(program: string, args: readonly string[], options?: Start): Promise<T> {
  const [line] = await lines(program, args, options);
  // Python writes an undefined loss as NaN, which is not valid JSON.
  return JSON.parse(line!.replace(/: NaN\b/g, ': null')) as T;
}

interface Start {
  readonly python: string;
  readonly env: Readonly<Record<string, string>>;
}

async function lines(
  program: string,
  args: readonly string[],
  { python, env }: Start = { python: PYTHON, env: {} },
): Promise<string[]> {
  const path = fileURLToPath(new URL(`../peers/${program}.py`, import.meta.url));
  return (await execa(python, [path, ...args], { env })).stdout.split('\n');
}
