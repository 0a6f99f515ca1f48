/** Names of normalisations. They are in a file of their own, so that a command line lists them without loading the code. */
export const fixedNormalisations = ['imagenet', 'inception'] as const;

/** A fixed normalisation, or `data`: the statistics of the training samples. */
export const normalisations = [...fixedNormalisations, 'data'] as const;
export type Normalisation = (typeof normalisations)[number];
