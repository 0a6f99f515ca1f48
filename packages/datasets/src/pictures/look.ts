/** A folder of the user's own pictures, looked at before anything is trained. */
import type { Sample } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import { type Answers, answersOf, unitCounts } from './answers.ts';
import { type Examined, examine, type PictureOptions } from './examine.ts';
import { REASONS, type Reason, type Unused } from './files/find-files.ts';
import { type FoundPictures, findPictures } from './files/find-pictures.ts';
import type { Picture } from './inspect.ts';
import { type Sequences, sequencesOf } from './sequences.ts';
import { Units } from './units.ts';

export interface PicturesLook {
  readonly folder: string;
  readonly classes: readonly ClassLook[];
  readonly pictures: number;
  /** Number of units: pictures that belong together count once. */
  readonly units: number;
  /** The largest class, and its share of the pictures. */
  readonly majority: { readonly name: string; readonly share: number };
  readonly formats: Readonly<Record<string, number>>;
  /** By area, as a viewer shows the pictures. */
  readonly sizes: {
    readonly smallest: PictureSize;
    readonly median: PictureSize;
    readonly largest: PictureSize;
  };
  /** Share of a picture's area that the square crop of its centre cuts away. */
  readonly cropped: { readonly mean: number; readonly worst: number; readonly worstPath: string };
  /** Paths of pictures of one colour. */
  readonly blank: readonly string[];
  readonly unused: readonly Unused[];
  readonly copies: CopiesLook;
  readonly groups: GroupsLook;
  /** Sequences of numbered names; absent where there are none, or groups are given. */
  readonly sequences?: Sequences;
  readonly answers: Answers;
}

export interface ClassLook {
  readonly name: string;
  readonly pictures: number;
  readonly units: number;
}

export interface PictureSize {
  readonly path: string;
  readonly width: number;
  readonly height: number;
}

/** Near-duplicates: the same picture again, scaled or shifted a little, or encoded again. */
export interface CopiesLook {
  /** Paths of two pictures. n copies of one picture have n − 1 pairs or more. */
  readonly pairs: readonly { readonly paths: readonly [string, string]; readonly acrossClasses: boolean }[];
  /** Paths of pictures that pairs join, the largest component first. */
  readonly components: readonly (readonly string[])[];
}

export interface GroupsLook {
  readonly by: 'none' | 'pattern' | 'file';
  /** Number of groups of two pictures or more. */
  readonly groups: number;
  /** Paths of pictures without a group, where groups are given. */
  readonly without: readonly string[];
}

/**
 * Looks at a folder with a folder of pictures for each class. Every file is in the report, as a picture or as unused.
 *
 * @throws {DatasetError} in one line, at once where the number of pictures alone shows that nothing can be answered; for broken pictures
 *   that are not left out, groups that do not fit, links in a circle and names that would print the same
 */
export async function lookAtPictures(
  folder: string,
  options: PictureOptions & { readonly onProgress?: (done: number, total: number) => void } = {},
): Promise<PicturesLook> {
  const found = await findPictures(folder);
  refuseHopeless(found);
  return summary(found, await examine(found, options, options.onProgress), options);
}

/** The error where no question can be answered; undefined where one can. */
export function noAnswer({
  folder,
  answers,
  unused,
}: Pick<PicturesLook, 'folder' | 'answers' | 'unused'>): DatasetError | undefined {
  if (Object.values(answers).some(({ isPossible }) => isPossible)) return undefined;
  const [samples, classes] = [answers.samples, answers.classes].map((one) => (one.isPossible ? '' : one.why));
  const reasons = samples === classes ? samples : `new pictures: ${samples}; new classes: ${classes}`;
  const left = unused.length === 0 ? '' : `; not used: ${countsOf(unused)}`;
  return new DatasetError(`${folder} can answer no question: ${reasons}${left}.`);
}

/** Such as `3 hidden, 2 no picture by its bytes`. */
export function countsOf(unused: readonly Unused[]): string {
  return (Object.keys(REASONS) as Reason[])
    .map((reason) => ({ reason, count: unused.filter((one) => one.reason === reason).length }))
    .filter(({ count }) => count > 0)
    .map(({ reason, count }) => `${count} ${REASONS[reason]}`)
    .join(', ');
}

/** Judges by numbers alone, as if no pictures belonged together. */
function refuseHopeless({ folder, classNames, pictures, unused, broken }: FoundPictures): void {
  const samples = pictures.map(({ path, label }) => ({ id: path, label, group: path }));
  const answers = answersOf(folder, classNames, samples);
  const error = noAnswer({ folder, answers, unused: [...unused, ...broken] });
  if (error !== undefined) throw error;
}

function summary(
  { folder, classNames, unused }: FoundPictures,
  examined: Examined,
  { groups }: PictureOptions,
): PicturesLook {
  const { pictures, broken, units } = examined;
  const samples: Sample[] = pictures.map(({ path, label }, row) => ({ id: path, label, group: units[row]! }));
  const inUnits = unitCounts({ classNames, samples });
  const classes = classNames.map((name, label) => ({
    name,
    pictures: pictures.filter((one) => one.label === label).length,
    units: inUnits[label]!,
  }));
  const largest = classes.reduce((one, other) => (other.pictures > one.pictures ? other : one));
  const sequences = groups === undefined ? sequencesOf(pictures.map(({ path }) => path)) : undefined;
  return {
    folder,
    classes,
    pictures: pictures.length,
    units: new Set(units).size,
    majority: { name: largest.name, share: largest.pictures / Math.max(1, pictures.length) },
    formats: formatsOf(pictures),
    ...sizesOf(pictures),
    blank: pictures.filter(({ isBlank }) => isBlank).map(({ path }) => path),
    unused: [...unused, ...broken],
    copies: copiesOf(examined),
    groups: groupsLook(examined, groups),
    ...(sequences !== undefined && { sequences }),
    answers: answersOf(folder, classNames, samples),
  };
}

function formatsOf(pictures: readonly Picture[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { format } of pictures) counts[format] = (counts[format] ?? 0) + 1;
  return counts;
}

function sizesOf(pictures: readonly Picture[]): Pick<PicturesLook, 'sizes' | 'cropped'> {
  const byArea = pictures.toSorted((a, b) => a.width * a.height - b.width * b.height);
  const sizeAt = (at: number): PictureSize => {
    const { path, width, height } = byArea[at] ?? { path: '', width: 0, height: 0 };
    return { path, width, height };
  };
  const cut = pictures.map(({ width, height }) => 1 - Math.min(width, height) / Math.max(width, height));
  const worst = cut.reduce((one, share, at) => (share > cut[one]! ? at : one), 0);
  return {
    sizes: {
      smallest: sizeAt(0),
      median: sizeAt(Math.floor((byArea.length - 1) / 2)),
      largest: sizeAt(byArea.length - 1),
    },
    cropped: {
      mean: cut.reduce((sum, share) => sum + share, 0) / Math.max(1, cut.length),
      worst: cut[worst] ?? 0,
      worstPath: pictures[worst]?.path ?? '',
    },
  };
}

function copiesOf({ pictures, pairs }: Examined): CopiesLook {
  const joined = new Units(pictures.length);
  for (const [earlier, later] of pairs) joined.join(earlier, later);
  const components = joined.all().filter(({ length }) => length > 1);
  return {
    pairs: pairs.map(([earlier, later]) => ({
      paths: [pictures[earlier]!.path, pictures[later]!.path],
      acrossClasses: pictures[earlier]!.label !== pictures[later]!.label,
    })),
    components: components
      .toSorted((one, other) => other.length - one.length)
      .map((rows) => rows.map((row) => pictures[row]!.path)),
  };
}

function groupsLook({ pictures, groups: { of } }: Examined, by: PictureOptions['groups']): GroupsLook {
  if (by === undefined) return { by: 'none', groups: 0, without: [] };
  const counts = new Map<string, number>();
  const without: string[] = [];
  for (const { path } of pictures) {
    const group = of.get(path);
    if (group === undefined) without.push(path);
    else counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  const groups = [...counts.values()].filter((count) => count > 1).length;
  return { by: 'file' in by ? 'file' : 'pattern', groups, without };
}
