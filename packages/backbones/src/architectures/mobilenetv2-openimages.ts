/**
 * MobileNetV2 with pretrained weights that need no download: the trunk of the object detector in `@mediapipe/objectron`,
 * half-precision TensorFlow Lite with folded norms. The detector was trained on Open Images: the list of classes before
 * the model in the file is the list of that data set. The detector's head is omitted.
 */
import { createRequire } from 'node:module';
import { openTflite } from '../weights/formats/tflite.ts';
import { tensorflowMobileNetV2 } from '../weights/mobilenetv2-names.ts';
import { WeightFileError } from '../weights/weight-file.ts';
import { buildMobileNetV2 } from './mobilenetv2.ts';

/** Byte range of the model in the package's file, after the names of the detector's classes. */
const MODEL = { from: 184, to: 9987912 };
const FILE = '@mediapipe/objectron/objectron_solution_packed_assets.data';

export const mobilenetv2OpenImages = {
  ...buildMobileNetV2({
    name: 'mobilenetv2-openimages',
    description: 'MobileNetV2, pretrained as an object detector on Open Images; needs no download',
    norms: 'folded',
    padding: 'tensorflow',
  }),
  otherNames: { tensorflow: tensorflowMobileNetV2 },
  bundled: {
    path: bundledPath,
    open: () => openTflite(bundledPath(), MODEL),
    normalisation: 'inception' as const,
    source: '@mediapipe/objectron 0.4.1675468480 (Google), Apache-2.0 by its package.json',
  },
};

function bundledPath(): string {
  try {
    return createRequire(import.meta.url).resolve(FILE);
  } catch (error) {
    throw new WeightFileError(
      '@mediapipe/objectron, which holds the weights of mobilenetv2-openimages, is not installed: pnpm install',
      'corrupt',
      { cause: error },
    );
  }
}
