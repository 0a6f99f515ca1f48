/** The scores that the protocol of a cell's specification asks for. */
import { z } from 'zod';
import { ResultsError } from '../results-error.ts';
import { type FewShotScore, type Score, scoreName, type TransferScore } from './scores.ts';

const list = <Entry extends z.ZodType>(entry: Entry) => z.array(entry).readonly();

/** The entries of a protocol that say what is measured. */
const protocol = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('few-shot'),
    way: z.number(),
    shots: list(z.number()),
    query: z.number(),
    episodes: z.number(),
    classifiers: list(z.string()),
    seenClasses: z.object({ classifiers: list(z.string()), predictions: z.boolean().optional() }).optional(),
  }),
  z.object({
    kind: z.literal('transfer'),
    classifiers: list(z.string()),
    checkpoints: z.number().optional(),
    predictions: z.boolean().optional(),
  }),
]);
const specification = z.object({ protocol });

/**
 * A specification of an earlier version may have no such protocol; then nothing is compared. The head is the classifier of
 * losses that train one, so a result may lack its score.
 *
 * @throws ResultsError that names the score
 */
export function requireScoresOf(spec: unknown, scores: readonly Score[]): void {
  const { data } = specification.safeParse(spec);
  if (data === undefined) return;
  const asked = data.protocol;
  const wanted = new Set(scoresOf(asked));
  for (const score of scores) {
    const name = scoreName(score);
    if (!wanted.delete(name)) throw new ResultsError(`result.scores: the protocol asks for no ${name}`);
    if (asked.kind === 'few-shot' && score.kind === 'few-shot') requireEpisodes(score, asked);
    if (score.kind === 'transfer') {
      requirePredictions(score, asked.kind === 'transfer' ? asked : asked.seenClasses!);
    }
  }
  const [missing] = [...wanted].filter((name) => name !== 'head');
  if (missing !== undefined) {
    throw new ResultsError(`result.scores: ${missing}, which the protocol asks for, is missing`);
  }
}

/**
 * Whether the record of a training has the checkpoints of its protocol. A record of a protocol that this version does not know is not
 * compared.
 *
 * @throws ResultsError where the weights were chosen and the protocol takes the last, or the reverse
 */
export function requireCheckpointsOf(spec: unknown, checkpoints: readonly unknown[] | undefined): void {
  const { data } = specification.safeParse(spec);
  if (data?.protocol.kind !== 'transfer' || data.protocol.checkpoints === undefined) return;
  const { checkpoints: asked } = data.protocol;
  if (asked === 0 ? checkpoints === undefined : checkpoints !== undefined) return;
  throw new ResultsError(
    `result.training.checkpoints: the protocol asks for ${asked}, and the record has ${checkpoints?.length ?? 'none'}`,
  );
}

/** Names of the scores that a protocol asks for. */
export function scoresOf(asked: z.infer<typeof protocol>): string[] {
  if (asked.kind === 'transfer') return [...asked.classifiers];
  return [
    ...asked.shots.flatMap((shot) => asked.classifiers.map((classifier) => scoreName({ shot, classifier }))),
    ...(asked.seenClasses?.classifiers ?? []),
  ];
}

function requirePredictions(
  { classifier, predicted }: TransferScore,
  { predictions = false }: { readonly predictions?: boolean | undefined },
): void {
  if ((predicted !== undefined) === predictions) return;
  throw new ResultsError(
    `result.scores: ${classifier} has ${predicted === undefined ? 'no ' : ''}predictions, which the protocol ${predictions ? 'asks for' : 'does not ask for'}`,
  );
}

function requireEpisodes(
  score: FewShotScore,
  asked: { readonly way: number; readonly query: number; readonly episodes: number },
): void {
  const episodes = score.drawn.length / score.way;
  if (episodes === asked.episodes && score.way === asked.way && score.query === asked.query) return;
  throw new ResultsError(
    `result.scores: ${scoreName(score)} has ${episodes} episodes of ${score.way} × ${score.query} queries; the protocol asks for ${asked.episodes} of ${asked.way} × ${asked.query}`,
  );
}
