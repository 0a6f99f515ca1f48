/** The result of a cell, and the schema of a stored result. */
import { z } from 'zod';
import { ResultsError } from '../results-error.ts';
import { requireCheckpointsOf, requireScoresOf } from './asked-scores.ts';
import { type EmbeddingQuality, embeddingQualitySchema } from './embedding-quality.ts';
import { share } from './measure-bounds.ts';
import { counts } from './quick-array.ts';
import { type Checkpoint, type Score, scoreName, transferClassifiers } from './scores.ts';

const count = z.int().min(0);
const names = z
  .array(z.string())
  .refine((classes) => new Set(classes).size === classes.length, 'expected each class once')
  .readonly();

const fewShotScore = z
  .strictObject({
    kind: z.literal('few-shot'),
    shot: z.int().min(1),
    classifier: z.string(),
    way: z.int().min(2),
    query: z.int().min(1),
    classes: names,
    drawn: counts.refine(({ length }) => length > 0, 'Too small: expected one episode or more'),
    correct: counts,
  })
  .superRefine(({ way, query, classes, drawn, correct }, context) => {
    const refuse = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    if (drawn.length % way !== 0)
      refuse(['drawn'], `expected ${way} classes an episode, got ${drawn.length} in all`);
    if (correct.length !== drawn.length) {
      refuse(
        ['correct'],
        `expected a count for each of ${drawn.length} drawn classes, got ${correct.length}`,
      );
    }
    const unknown = drawn.findIndex((place) => place >= classes.length);
    if (unknown >= 0)
      refuse(['drawn', unknown], `${drawn[unknown]} is no place in ${classes.length} classes`);
    const twice = drawn.findIndex((place, at) => drawn.indexOf(place, at - (at % way)) < at);
    if (twice >= 0) refuse(['drawn', twice], `class ${drawn[twice]} stands twice in an episode`);
    for (const [at, right] of correct.entries()) {
      if (right > query) context.addIssue(tooMany(at, right, `${query} queries`));
    }
  });

const transferScore = z
  .strictObject({
    kind: z.literal('transfer'),
    classifier: z.enum(transferClassifiers),
    classes: names,
    correct: counts,
    tested: counts,
    predicted: counts.optional(),
    calibrationError: share.optional(),
  })
  .superRefine(({ classes, correct, tested, predicted }, context) => {
    for (const [path, { length }] of [
      ['correct', correct],
      ['tested', tested],
    ] as const) {
      if (length === classes.length) continue;
      const message = `expected a count for each of ${classes.length} classes, got ${length}`;
      context.addIssue({ code: 'custom', path: [path], message });
    }
    if (tested.every((samples) => samples === 0)) {
      context.addIssue({ code: 'custom', path: ['tested'], message: 'expected one tested sample or more' });
    }
    for (const [at, right] of correct.entries()) {
      const all = tested[at] ?? 0;
      if (right > all) context.addIssue(tooMany(at, right, `${all} samples`));
    }
    const samples = tested.reduce((sum, count) => sum + count, 0);
    const isWhole = predicted?.length === samples && predicted.every((place) => place < classes.length);
    if (predicted !== undefined && !isWhole) {
      const message = `expected a place in ${classes.length} classes for each of ${samples} samples`;
      context.addIssue({ code: 'custom', path: ['predicted'], message });
    }
  });

function tooMany(at: number, right: number, of: string) {
  return { code: 'custom' as const, path: ['correct', at], message: `${right} of ${of} are correct` };
}

/** The schema of a stored result. */
const cellResult = z
  .strictObject({
    scores: z
      .array(z.discriminatedUnion('kind', [fewShotScore, transferScore]))
      .superRefine((scores, context) => {
        const measured = scores.map(scoreName);
        const twice = measured.find((one, at) => measured.indexOf(one) < at);
        if (twice !== undefined) context.addIssue({ code: 'custom', message: `${twice} stands twice` });
      }),
    training: z
      .strictObject({
        steps: count,
        epochs: z.number().min(0),
        positives: share,
        initialWeights: z.string(),
        dataOrder: z.string(),
        curve: z.array(
          z.strictObject({
            step: count,
            loss: z.number(),
            crossEntropy: z.number(),
            contrastive: z.number(),
            gradientNorm: z.number(),
          }),
        ),
        checkpoints: z.array(z.strictObject({ step: count, accuracy: z.number() })).optional(),
      })
      .nullable(),
    quality: embeddingQualitySchema.nullable(),
    diverged: z.strictObject({ step: count, what: z.string().min(1) }).optional(),
  })
  .superRefine(({ scores, training, quality, diverged }, context) => {
    if (diverged === undefined || (scores.length === 0 && training === null && quality === null)) return;
    const message = 'expected neither scores nor a record of the training beside it';
    context.addIssue({ code: 'custom', path: ['diverged'], message });
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

/** Where a training left the finite numbers. */
export interface Divergence {
  /** The step whose loss, gradient or weights are not finite. */
  readonly step: number;
  /** Such as `the loss is NaN`. */
  readonly what: string;
}

/** The result of a cell. It has no times and no machine, so equal runs give equal bytes. */
export interface CellResult {
  readonly scores: readonly Score[];
  /** Null for baselines without training. `checkpoints` exist if validation samples chose the weights. */
  readonly training: (TrainingRecord & { readonly checkpoints?: readonly Checkpoint[] | undefined }) | null;
  /** Quality of the scored embeddings; null without training, or if no two embeddings share a class. */
  readonly quality: EmbeddingQuality | null;
  /**
   * Of a training that diverged on validation data: there it is an outcome that counts as the worst of all. It has no scores, no
   * record and no quality.
   */
  readonly diverged?: Divergence | undefined;
}

/**
 * Parses a stored result.
 *
 * @param spec the cell's specification; without it, the scores are not compared with those that the protocol asks for
 * @throws ResultsError in one line that names the first entry out of bounds, or a score that is missing or was not asked for
 */
export function parseCellResult(stored: unknown, spec?: unknown): CellResult {
  const parsed = cellResult.safeParse(stored);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ResultsError(`${['result', ...issue!.path].join('.')}: ${issue!.message}`);
  }
  if (parsed.data.diverged === undefined) requireScoresOf(spec, parsed.data.scores);
  if (parsed.data.training !== null) requireCheckpointsOf(spec, parsed.data.training.checkpoints);
  return parsed.data;
}
