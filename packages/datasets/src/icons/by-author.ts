/**
 * The icons, split by author: a transfer benchmark that needs no download. Training uses some authors' drawings of every
 * concept. Testing uses other authors' drawings of the same concepts.
 */
import { splitBySample } from '../drawings/by-sample.ts';
import { icons } from './icons.ts';

/** The drawings of every fourth author, in alphabetical order, are for testing. */
const EVERY = 4;

export const iconsByAuthor = splitBySample(icons, {
  name: 'icons-by-author',
  title: 'Icons by author: concepts drawn by authors never seen',
  rule: `authors in alphabetical order; every ${EVERY}th is for testing`,
  partitionOf(samples) {
    const authors = [...new Set(samples.map(({ author }) => author))].sort();
    const testing = new Set(authors.filter((_, index) => index % EVERY === EVERY - 1));
    return ({ author }) => (testing.has(author) ? 'test' : 'train');
  },
});
