import { readFileSync } from 'node:fs';
import type { Form } from '../parameters.ts';

/** Test support: the cases of fixtures/losses, values and gradients of PyTorch's autograd in float64. */
export interface FixtureCases {
  readonly contrastive: readonly ContrastiveCase[];
  readonly hcl: readonly HclCase[];
}

interface ContrastiveCase {
  readonly name: string;
  readonly labels: number[];
  readonly tau: number;
  readonly beta: number;
  readonly form: Form;
  readonly lambda: number;
  readonly detachWeights: boolean;
  readonly smoothing: number;
  readonly embeddings: number[][];
  readonly logits: number[][];
  readonly crossEntropy: number;
  readonly contrastive: number;
  readonly anchors: (number | null)[];
  readonly total: number;
  readonly gradEmbeddings: number[][];
  readonly gradLogits: number[][];
}

interface HclCase {
  readonly tau: number;
  readonly beta: number;
  readonly tauPlus: number;
  readonly a: number[][];
  readonly b: number[][];
  readonly value: number;
  readonly gradA: number[][];
  readonly gradB: number[][];
}

/** H-SCL by the published formula, with gradients of PyTorch's autograd. */
export interface HSclCase {
  readonly name: string;
  readonly tau: number;
  readonly beta: number;
  readonly detachWeights: boolean;
  readonly labels: number[];
  readonly embeddings: number[][];
  readonly value: number;
  readonly gradEmbeddings: number[][];
}

/** `cross_entropy(label_smoothing=…)` of PyTorch. Mixed images have a second label. */
export interface SmoothingCase {
  readonly name: string;
  readonly smoothing: number;
  readonly labels: number[];
  readonly minority?: number[];
  readonly share?: number;
  readonly logits: number[][];
  readonly value: number;
  readonly gradLogits: number[][];
}

export const readFixtureCases = () => read('cases') as FixtureCases;
export const readHSclCases = () => (read('two-views') as { readonly hScl: readonly HSclCase[] }).hScl;
export const readSmoothingCases = () => read('label-smoothing') as readonly SmoothingCase[];

function read(name: string): unknown {
  const file = new URL(`../../../../fixtures/losses/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}
