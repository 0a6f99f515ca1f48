/** The split of most cells. */
export const OFFICIAL = { kind: 'official', fold: null, folds: null } as const;

/** Facts that cells of few-shot tests share. */
export const NOVEL_ICONS = {
  dataset: 'icons',
  imageSize: 32,
  protocol: 'few-shot',
  evaluatedOn: 'novel',
  way: 5,
  split: OFFICIAL,
} as const;
