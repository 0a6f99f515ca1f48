/** Whether another program, on the same weights and pictures, gives the same answers. */
import { readFile } from 'node:fs/promises';
import { csvRecords } from '@clce/results';
import { RunError } from '../run/run-error.ts';

export interface Agreement {
  /** @param path below the folder, with `/` */
  add(path: string, predicted: string): void;
  /** Lines for people: how many answers differ, and a warning above the margin. */
  text(): string;
}

/** More differing answers than this share are no rounding: pictures become other pixels, or classes have another order. */
const MARGIN = 0.01;
const NAMED = 3;

/** @param file a CSV with the columns path and class @throws RunError naming what is missing */
export async function compareWith(file: string): Promise<Agreement> {
  const records = csvRecords(await readFile(file, 'utf8'), file);
  for (const column of ['path', 'class']) {
    if (records[0]?.[column] === undefined) {
      throw new RunError(`${file} has no column "${column}", or no row; expected path and class`);
    }
  }
  const theirs = new Map(records.map((record) => [record['path']!, record['class']!]));
  const differing: string[] = [];
  let both = 0;
  let ours = 0;
  return {
    add(path, predicted) {
      ours++;
      const their = theirs.get(path);
      if (their === undefined) return;
      both++;
      if (their !== predicted) differing.push(`${path}: ${predicted} here, ${their} there`);
    },
    text() {
      if (both === 0)
        throw new RunError(`${file} has no picture of the folder; paths are relative to it, with /`);
      const only = [
        [ours - both, 'here'],
        [theirs.size - both, 'there'],
      ].flatMap(([count, where]) => (count === 0 ? [] : [`; ${count} pictures only ${where}`]));
      const share = differing.length / both;
      const percent = `${(100 * share).toFixed(2)} %`;
      const lines = [`${file}: ${differing.length} of ${both} answers differ (${percent})${only.join('')}`];
      lines.push(...differing.slice(0, NAMED).map((line) => `  ${line}`));
      if (share > MARGIN) {
        lines.push(
          `warning: more than ${100 * MARGIN} % differ, so accuracy there may be ${percent} lower: compare resizing, EXIF, normalisation and the order of classes`,
        );
      }
      return lines.join('\n');
    },
  };
}
