import * as ort from 'onnxruntime-node';
import { tf } from './tf.ts';

/** Versions of the computing packages, by package name, for the provenance of results. */
export function engineVersions(): Record<string, string> {
  const { node } = ort.env.versions;
  return {
    '@tensorflow/tfjs': tf.version['tfjs'],
    ...(node !== undefined && { 'onnxruntime-node': node }),
  };
}
