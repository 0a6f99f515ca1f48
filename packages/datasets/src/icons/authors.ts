import type { Sample } from '../dataset.ts';

/** The drawings of every fourth author, in alphabetical order, are for testing. */
export const EVERY = 4;

/** The authors on the test side of `icons-by-author`. */
export function testAuthors(samples: readonly Sample[]): string[] {
  const authors = [...new Set(samples.map(({ author }) => author!))].sort();
  return authors.filter((_, index) => index % EVERY === EVERY - 1);
}
