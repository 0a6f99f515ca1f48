import type { Dataset } from '@clce/datasets';

const CLASSES = 4;
const SAMPLES = 32;

/** Black images of four classes: a set that is there at once, for tests to which no picture matters. */
export function tinyDataset(imageSize: number): Dataset {
  const labels = Array.from({ length: CLASSES }, (_, label) => label);
  return {
    name: 'icons',
    manifestHash: 'f00',
    imageSize,
    channels: 3,
    classNames: labels.map((label) => `class ${label}`),
    samples: Array.from({ length: SAMPLES }, (_, row) => ({ id: `sample ${row}`, label: row % CLASSES })),
    split: { base: labels, validation: [], novel: [] },
    pixels: new Uint8Array(SAMPLES * imageSize * imageSize * 3),
  };
}
