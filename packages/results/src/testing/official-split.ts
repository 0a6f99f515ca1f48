/** The split of most cells. */
export const OFFICIAL = { kind: 'official', fold: null, folds: null } as const;
