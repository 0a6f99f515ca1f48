export { EpisodeRows } from './episode-rows.ts';
export { fewShotClassifierNamed } from './registry.ts';
