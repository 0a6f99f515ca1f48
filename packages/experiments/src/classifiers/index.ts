export { fewShotClassifierNamed } from './registry.ts';
