import type { DatasetSource, Distribution } from '../adapter.ts';
import { DatasetError } from '../errors.ts';
import { extractedRoot, placesOf } from './places.ts';

/**
 * The error for missing files. It tells the user to fetch, place or install them.
 * @param place folder in which the files are missing
 */
export function notThere(
  dataRoot: string,
  source: DatasetSource,
  distribution: Distribution,
  missing: readonly string[],
  place = extractedRoot(dataRoot, source, distribution),
): DatasetError {
  const { archives, extracted } = placesOf(dataRoot, source.name);
  const { manual, files, from, layout } = distribution;
  const form = distribution === source.distributions[0] ? '' : ` --distribution ${distribution.name}`;
  const fetching = `run "./clce data fetch ${source.name}${form}"`;
  // For the user's own pictures the layout is ".", which means any folder.
  const whole = layout[0] === '.';
  const lead = `${source.name} is not there (no ${whole ? place : `${missing.join(', ')} in ${place}`})`;
  if (manual !== undefined) {
    const names = files.map(({ name }) => name).join(', ');
    const archived = names === '' ? '' : `place ${names} in ${archives} and ${fetching}, or `;
    const unpacked = `place ${whole ? 'it' : layout.join(', ')} ${whole ? 'at' : 'in'} ${extracted}`;
    return new DatasetError(`${lead}: ${manual} Then ${archived}${unpacked}.`, 'missing');
  }
  if (files.length > 0 || from !== undefined) return new DatasetError(`${lead}: ${fetching}.`, 'missing');
  return new DatasetError(
    `${lead}: place a folder of pictures there, with a folder a class, or a link to one.`,
    'missing',
  );
}
