/** The entry `pictures` of a YAML file: folders of the user's own pictures, by the names of their data sets. */
import type { PictureFolder } from '@clce/datasets';
import { z } from 'zod';
import { expectation } from '../preset-entries.ts';
import { SuiteError } from '../suite-error.ts';

const text = z.string().min(1);

const entry = z
  .strictObject({
    /** A folder with a folder of pictures for each class. */
    folder: text,
    /** A regular expression on the file name; what it captures is the picture's group. */
    groupPattern: text.optional(),
    /** A CSV file with the columns `path` and `group`. */
    groups: text.optional(),
    /** Leaves broken pictures out. */
    skipBroken: z.boolean().optional(),
  })
  .refine(({ groupPattern, groups }) => groupPattern === undefined || groups === undefined, {
    error: 'groupPattern and groups both say which pictures belong together; leave one out',
  });

const entries = z.record(text, entry);

export type PicturesEntry = z.infer<typeof entry>;

/**
 * @param placed the path that a path of the file means
 * @throws SuiteError naming the entry
 */
export function picturesIn(found: unknown, placed: (path: string) => string): PictureFolder[] {
  if (found === undefined) return [];
  const parsed = entries.safeParse(found, { error: expectation });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = ['pictures', ...issue!.path];
    throw new SuiteError(`${path.join('.')}: ${issue!.message}`, path);
  }
  return Object.entries(parsed.data).map(([name, { folder, groupPattern, groups, skipBroken }]) => ({
    name,
    folder: placed(folder),
    ...(groupPattern !== undefined && { groups: { pattern: groupPattern } }),
    ...(groups !== undefined && { groups: { file: placed(groups) } }),
    ...(skipBroken !== undefined && { skipBroken }),
  }));
}
