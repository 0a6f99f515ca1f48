/**
 * Stores episodes in a file by the ids of their samples, so that two groups can evaluate on the same episodes.
 *
 *     { "dataset": "icons", "sets": [ { "way": 5, "shot": 1, "query": 15, "episodes": [
 *       { "classes": ["leaf", …], "support": [["lucide:leaf"], …], "queries": [["tabler:leaf", …], …] }, … ] }, … ] }
 */
import { readFile } from 'node:fs/promises';
import { writeFile } from '@clce/files';
import type { Dataset } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import type { Episode } from './episodes.ts';

interface StoredEpisode {
  readonly classes: readonly string[];
  /** Ids of each class's samples. */
  readonly support: readonly (readonly string[])[];
  readonly queries: readonly (readonly string[])[];
}

/**
 * @param sets lists of episodes with one shape each; their rows are rows of the data set
 * @throws {FileWriteError}
 */
export async function writeEpisodes(
  path: string,
  dataset: Dataset,
  sets: readonly (readonly Episode[])[],
): Promise<void> {
  const ids = (rows: Int32Array, each: number) =>
    Array.from({ length: rows.length / each }, (_, k) =>
      Array.from(rows.subarray(k * each, (k + 1) * each), (row) => dataset.samples[row]!.id),
    );
  const stored = sets.map((episodes) => {
    const { way, shot, query } = episodes[0]!;
    const each = episodes.map(
      ({ classes, support, queries }): StoredEpisode => ({
        classes: classes.map((label) => dataset.classNames[label]!),
        support: ids(support, shot),
        queries: ids(queries, query),
      }),
    );
    return { way, shot, query, episodes: each };
  });
  await writeFile(path, `${JSON.stringify({ dataset: dataset.name, sets: stored })}\n`);
}

/**
 * Reads the episodes of a file, set by set, as rows of the data set.
 *
 * @param classes allowed classes, such as `dataset.split.novel`, so that a file cannot include a trained class
 * @throws {DatasetError} naming the file, the set and the invalid episode
 */
export async function readEpisodes(
  path: string,
  dataset: Dataset,
  classes: readonly number[],
): Promise<Episode[][]> {
  const fail = (what: string): DatasetError => new DatasetError(`${path}: ${what}.`, 'corrupt');
  const text = await readFile(path, 'utf8');
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw fail('it is no JSON');
  }
  const { dataset: name, sets } = record(file);
  if (name !== dataset.name) throw fail(`it is for ${JSON.stringify(name)}, not ${dataset.name}`);
  if (!Array.isArray(sets) || sets.length === 0) throw fail('it has no sets of episodes');
  const allowed = new Set(classes);
  const labels = new Map(dataset.classNames.map((title, label) => [title, label]));
  const rows = new Map(dataset.samples.map(({ id }, row) => [id, row]));
  return sets.map((set, at) => {
    const { way, shot, query, episodes } = record(set);
    const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;
    if (!isCount(way) || !isCount(shot) || !isCount(query) || !Array.isArray(episodes)) {
      throw fail(`set ${at} lacks way, shot, query or episodes`);
    }
    return episodes.map((stored, index): Episode => {
      const amiss = (what: string) => fail(`set ${at}, episode ${index}: ${what}`);
      const { classes: names, support, queries } = record(stored);
      const drawn = textList(names, way)?.map((title) => labels.get(title));
      if (drawn === undefined) throw amiss(`expected the names of ${way} classes`);
      const unknown = drawn.findIndex((label) => label === undefined || !allowed.has(label));
      if (unknown >= 0) throw amiss(`${(names as string[])[unknown]} is no class that may be evaluated`);
      const used = new Set<number>();
      const rowsOf = (parts: unknown, each: number, what: string): Int32Array => {
        const lists =
          Array.isArray(parts) && parts.length === way ? parts.map((part) => textList(part, each)) : [];
        if (lists.length === 0 || lists.includes(undefined)) {
          throw amiss(`expected ${way} lists of ${each} ids as ${what}`);
        }
        return Int32Array.from(
          lists.flatMap((ids, k) =>
            ids!.map((id) => {
              const row = rows.get(id);
              if (row === undefined || dataset.samples[row]!.label !== drawn[k]) {
                throw amiss(`${id} is no sample of ${(names as string[])[k]}`);
              }
              if (dataset.samples[row]!.partition === 'reserved') throw amiss(`${id} is reserved`);
              if (used.has(row)) throw amiss(`${id} is there twice`);
              used.add(row);
              return row;
            }),
          ),
        );
      };
      const shown = rowsOf(support, shot, 'support');
      return {
        classes: drawn as number[],
        way,
        shot,
        query,
        support: shown,
        queries: rowsOf(queries, query, 'queries'),
      };
    });
  });
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textList(value: unknown, length: number): string[] | undefined {
  const fits =
    Array.isArray(value) && value.length === length && value.every((item) => typeof item === 'string');
  return fits ? value : undefined;
}
