import * as ort from 'onnxruntime-node';
import { tf } from './tf.ts';

/** Versions of what computes, by the packages' names; for the provenance of results. */
export function engineVersions(): Record<string, string> {
  const { node } = ort.env.versions;
  return {
    '@tensorflow/tfjs': tf.version['tfjs'],
    ...(node !== undefined && { 'onnxruntime-node': node }),
  };
}
