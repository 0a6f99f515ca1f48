/** Contact sheets: pictures of the classes of a data set, of augmented training views, or of an episode. */
import sharp from 'sharp';
import type { Augmentation } from '../augment/placement.ts';
import { viewWriter } from '../augment/view.ts';
import { type Dataset, imageAt } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import { sampleEpisodes } from '../sampling/episodes.ts';
import { counterRandom } from '../sampling/random.ts';

export interface ContactSheet {
  readonly png: Buffer;
  /** Title of each row, from top to bottom. */
  readonly rows: readonly string[];
}

/** Gap between pictures, in pixels. */
const GAP = 2;
/** Number of gaps between the two parts of a row. */
const DIVIDER = 4;

/**
 * Each row shows the first samples of a class.
 *
 * @param classes class indices, such as `dataset.split.novel`
 */
export function sheetOfClasses(
  dataset: Dataset,
  classes: readonly number[],
  samplesEach: number,
): Promise<ContactSheet> {
  const rows = classes.map((label) => {
    const samples = dataset.samples.flatMap((sample, row) => (sample.label === label ? [row] : []));
    const pictures = samples.slice(0, samplesEach).map((row) => imageAt(dataset, row));
    return { title: dataset.classNames[label]!, parts: [pictures] };
  });
  return sheet(rows, dataset.imageSize);
}

/** Each row shows the given samples. */
export function sheetOfSamples(
  dataset: Dataset,
  rows: readonly { readonly title: string; readonly samples: readonly number[] }[],
): Promise<ContactSheet> {
  const shown = rows.map(({ title, samples }) => ({
    title,
    parts: [samples.map((row) => imageAt(dataset, row))],
  }));
  return sheet(shown, dataset.imageSize);
}

/** Each row shows a sample, then its augmented training views in successive epochs. */
export function sheetOfViews(
  dataset: Dataset,
  samples: readonly number[],
  augmentation: Augmentation,
  { seed, views }: { readonly seed: number; readonly views: number },
): Promise<ContactSheet> {
  // Grey is normalised to 0, like the mean colour in training.
  const grey = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;
  const write = viewWriter(dataset, grey, augmentation, counterRandom(seed));
  const out = new Float32Array(dataset.imageSize ** 2 * 3);
  const rows = samples.map((row, position) => {
    const seen = Array.from({ length: views }, (_, epoch) => {
      write(row, { epoch, position }, out, 0);
      return Uint8Array.from(out, (value) => Math.round((value + 1) * 127.5));
    });
    return { title: dataset.samples[row]!.id, parts: [[imageAt(dataset, row)], seen] };
  });
  return sheet(rows, dataset.imageSize);
}

/** Each row shows a class of an episode: its support samples, then its queries. */
export function sheetOfEpisode(
  dataset: Dataset,
  options: {
    classes: readonly number[];
    way: number;
    shot: number;
    query: number;
    seed: number;
    index: number;
  },
): Promise<ContactSheet> {
  const { index, ...shape } = options;
  const labels = dataset.samples.map(({ label }) => label);
  const episode = sampleEpisodes({ ...shape, labels, classNames: dataset.classNames, count: index + 1 })[
    index
  ]!;
  const { shot, query, support, queries } = episode;
  const pictures = (rows: Int32Array) => Array.from(rows, (row) => imageAt(dataset, row));
  const rows = episode.classes.map((label, k) => ({
    title: dataset.classNames[label]!,
    parts: [
      pictures(support.subarray(k * shot, (k + 1) * shot)),
      pictures(queries.subarray(k * query, (k + 1) * query)),
    ],
  }));
  return sheet(rows, dataset.imageSize);
}

interface Row {
  readonly title: string;
  readonly parts: readonly (readonly Uint8Array[])[];
}

async function sheet(rows: readonly Row[], size: number): Promise<ContactSheet> {
  const cell = size + GAP;
  const widthOf = ({ parts }: Row) => parts.flat().length * cell + (parts.length - 1) * DIVIDER * GAP;
  const width = Math.max(0, ...rows.map(widthOf)) + GAP;
  if (width === GAP) throw new DatasetError('there is nothing to show: no class has a sample.');
  const overlays = rows.flatMap(({ parts }, y) => {
    let left = GAP;
    return parts.flatMap((pictures) => {
      const placed = pictures.map((pixels) => {
        const overlay = {
          input: Buffer.from(pixels),
          raw: { width: size, height: size, channels: 3 as const },
        };
        const place = { ...overlay, left, top: GAP + y * cell };
        left += cell;
        return place;
      });
      left += DIVIDER * GAP;
      return placed;
    });
  });
  const background = { width, height: rows.length * cell + GAP, channels: 3 as const, background: '#808080' };
  const png = await sharp({ create: background }).composite(overlays).png().toBuffer();
  return { png, rows: rows.map(({ title }) => title) };
}
