import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleEpisodes } from './episodes.ts';

const labels = Array.from({ length: 300 }, (_, row) => row % 12);
const options = { labels, classes: [1, 3, 4, 7, 9, 11], way: 5, shot: 2, query: 4, count: 20, seed: 17 };

describe('sampleEpisodes', () => {
  it('draws distinct rows of distinct classes, class by class', () => {
    const cases = fc.record({
      way: fc.integer({ min: 1, max: 6 }),
      shot: fc.integer({ min: 1, max: 5 }),
      query: fc.integer({ min: 1, max: 15 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ way, shot, query, seed }) => {
        for (const episode of sampleEpisodes({ ...options, way, shot, query, seed, count: 3 })) {
          expect(new Set(episode.classes).size).toBe(way);
          expect(new Set([...episode.support, ...episode.queries]).size).toBe(way * (shot + query));
          for (let k = 0; k < way; k++) {
            const label = episode.classes[k]!;
            expect(options.classes).toContain(label);
            for (let i = 0; i < shot; i++) expect(labels[episode.support[k * shot + i]!]).toBe(label);
            for (let i = 0; i < query; i++) expect(labels[episode.queries[k * query + i]!]).toBe(label);
          }
        }
      }),
    );
  });

  it('is a function of the seed, and more episodes only append', () => {
    const few = sampleEpisodes(options);
    const many = sampleEpisodes({ ...options, count: 50 });
    expect(many.slice(0, 20)).toEqual(few);
    expect(sampleEpisodes({ ...options, seed: 18 })).not.toEqual(few);
  });

  it('draws every class and every row of a class about equally often', () => {
    const episodes = sampleEpisodes({ ...options, count: 3000 });
    const classCounts = new Map<number, number>();
    const rowCounts = new Map<number, number>();
    for (const episode of episodes) {
      for (const label of episode.classes) classCounts.set(label, (classCounts.get(label) ?? 0) + 1);
      for (const row of [...episode.support, ...episode.queries])
        rowCounts.set(row, (rowCounts.get(row) ?? 0) + 1);
    }
    for (const count of classCounts.values()) expect(count / 2500).toBeCloseTo(1, 1);
    // 6 classes of 25 rows; each row is drawn with probability 5/6 · 6/25 = 1/5.
    expect(rowCounts.size).toBe(150);
    for (const count of rowCounts.values()) expect(Math.abs(count - 600)).toBeLessThan(110);
  });

  it('names the class that has too few samples, its count and the need', () => {
    const classNames = Array.from({ length: 12 }, (_, i) => `class-${i}`);
    expect(() => sampleEpisodes({ ...options, classNames, shot: 11, query: 15 })).toThrow(
      'Class class-1 has 25 samples, but 11-shot episodes with 15 queries a class need 26; ask for fewer queries, fewer shots or fewer folds.',
    );
  });

  it('says when there are fewer classes than ways', () => {
    expect(() => sampleEpisodes({ ...options, way: 7 })).toThrow(
      '7-way episodes need 7 classes, but there are 6.',
    );
  });

  it.each(['way', 'shot', 'query', 'count'])('refuses a %s of zero', (name) => {
    expect(() => sampleEpisodes({ ...options, [name]: 0 })).toThrow(`at least 1 for ${name}, not 0`);
  });
});
