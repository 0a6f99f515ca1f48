/**
 * The icons, split by author: a transfer benchmark that needs no download. Training uses some authors' drawings of every
 * concept. Testing uses other authors' drawings of the same concepts.
 */
import { createHash } from 'node:crypto';
import type { Dataset, DatasetAdapter } from '../dataset.ts';
import { icons } from './icons.ts';

/** The drawings of every fourth author, in alphabetical order, are for testing. */
const EVERY = 4;
const RULE = `authors in alphabetical order; every ${EVERY}th is for testing`;

export const iconsByAuthor: DatasetAdapter = {
  name: 'icons-by-author',
  title: 'Icons by author: concepts drawn by authors never seen',
  license: icons.license,
  citation: icons.citation,
  find: async (options) => {
    const found = await icons.find(options);
    return found && byAuthor(found);
  },
  load: async (options) => byAuthor(await icons.load(options)),
};

/** Splits the icons by author. All classes are base classes, and a sample's author decides its partition. */
function byAuthor(dataset: Dataset): Dataset {
  const authors = [...new Set(dataset.samples.map(({ author }) => author))].sort();
  const testing = new Set(authors.filter((_, index) => index % EVERY === EVERY - 1));
  return {
    ...dataset,
    name: iconsByAuthor.name,
    manifestHash: createHash('sha256').update(`${dataset.manifestHash}\n${RULE}\n`).digest('hex'),
    samples: dataset.samples.map((sample) => ({
      ...sample,
      partition: testing.has(sample.author) ? ('test' as const) : ('train' as const),
    })),
    split: { base: dataset.classNames.map((_, label) => label), validation: [], novel: [] },
  };
}
