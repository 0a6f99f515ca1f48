export { EpisodeRows } from './episode-rows.ts';
export { getFewShotClassifier } from './registry.ts';
