/** The result of a cell, and the schema of a stored result. */
import { z } from 'zod';
import type { WithFacts } from './cell-facts.ts';
import { type EmbeddingQuality, embeddingQualitySchema } from './embedding-quality.ts';
import { type Checkpoint, type Score, transferClassifiers } from './scores.ts';

const numbers = z.array(z.number());

/** The schema of a stored result. */
const cellResult = z.strictObject({
  scores: z.array(
    z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('few-shot'),
        shot: z.number(),
        classifier: z.string(),
        queriesPerEpisode: z.number(),
        correct: numbers,
      }),
      z.strictObject({
        kind: z.literal('transfer'),
        classifier: z.enum(transferClassifiers),
        correct: numbers,
        tested: numbers,
        calibrationError: z.number().optional(),
      }),
    ]),
  ),
  training: z
    .strictObject({
      steps: z.number(),
      epochs: z.number(),
      positives: z.number(),
      initialWeights: z.string(),
      dataOrder: z.string(),
      curve: z.array(
        z.strictObject({
          step: z.number(),
          loss: z.number(),
          crossEntropy: z.number(),
          contrastive: z.number(),
          gradientNorm: z.number(),
        }),
      ),
      checkpoints: z.array(z.strictObject({ step: z.number(), accuracy: z.number() })).optional(),
    })
    .nullable(),
  quality: embeddingQualitySchema.nullable(),
});

/** The record of a training. It is deterministic, so it belongs to the result. */
export interface TrainingRecord {
  readonly steps: number;
  readonly epochs: number;
  /** Share of the images of a batch that share their class with another image of the batch, mean over all batches. */
  readonly positives: number;
  /** SHA-256 over the initial weights; equal for losses that are compared. */
  readonly initialWeights: string;
  /** SHA-256 over the rows of all batches; equal for losses that are compared. */
  readonly dataOrder: string;
  /** Means over twenty equal parts of training. */
  readonly curve: readonly CurvePoint[];
}

export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
  readonly crossEntropy: number;
  readonly contrastive: number;
  readonly gradientNorm: number;
}

/** The result of a cell. It has no times and no machine, so equal runs give equal bytes. */
export interface CellResult {
  readonly scores: readonly Score[];
  /** Null for baselines without training. `checkpoints` exist if validation samples chose the weights. */
  readonly training: (TrainingRecord & { readonly checkpoints?: readonly Checkpoint[] | undefined }) | null;
  /** Quality of the scored embeddings; null without training, or if no two embeddings share a class. */
  readonly quality: EmbeddingQuality | null;
}

export interface FinishedCell extends WithFacts {
  readonly key: string;
  readonly result: CellResult;
}

/** Parses a stored result. @throws ZodError if it violates the schema */
export function parseCellResult(stored: unknown): CellResult {
  return cellResult.parse(stored);
}
