/** Names of normalisations, apart from their code, so that a command line can list them without loading it. */
export const fixedNormalisations = ['imagenet', 'inception'] as const;

/** A fixed one, or the statistics of the training samples. */
export const normalisations = [...fixedNormalisations, 'data'] as const;
export type Normalisation = (typeof normalisations)[number];
