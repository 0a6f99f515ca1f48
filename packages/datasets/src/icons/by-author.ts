/**
 * The icons, split by author: a transfer benchmark that needs no download. Training uses some authors' drawings of every
 * concept. Testing uses other authors' drawings of the same concepts.
 */
import { splitBySample } from '../drawings/by-sample.ts';
import { EVERY, testAuthors } from './authors.ts';
import { icons } from './icons.ts';

export const iconsByAuthor = splitBySample(icons, {
  name: 'icons-by-author',
  title: 'Icons by author: concepts drawn by authors never seen',
  rule: `authors in alphabetical order; every ${EVERY}th is for testing`,
  partitionOf(samples) {
    const testing = new Set(testAuthors(samples));
    return ({ author }) => (testing.has(author!) ? 'test' : 'train');
  },
});
