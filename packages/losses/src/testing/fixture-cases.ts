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

export function readFixtureCases(): FixtureCases {
  const file = new URL('../../../../fixtures/losses/cases.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as FixtureCases;
}
