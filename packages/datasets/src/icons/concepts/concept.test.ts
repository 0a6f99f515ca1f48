import { describe, expect, it } from 'vitest';
import { conceptOf, singularise } from './concept.ts';
import { CONCEPT_SYNONYMS, TOKEN_SYNONYMS } from './synonyms.ts';

describe('conceptOf', () => {
  it.each([
    ['calendar', 'calendar'],
    ['calendar-outline', 'calendar'],
    ['outline-calendar', 'calendar'],
    ['calendar-fill-24', 'calendar'],
    ['baseline-calendar-sharp', 'calendar'],
    ['calendar2', 'calendar'],
    ['calendar-02', 'calendar'],
    ['calendars', 'calendar'],
    ['bxs-calendar', 'calendar'],
    ['trash-can-outline', 'trash'],
    ['delete', 'trash'],
    ['bin-line', 'trash'],
    ['settings', 'gear'],
    ['cog-6-tooth', 'gear-6-tooth'],
    ['house', 'home'],
    ['envelope-open', 'mail-open'],
    ['edit', 'pencil'],
    ['account-circle', 'user-circle'],
    ['circle-user', 'user-circle'],
    ['add-circle', 'plus-circle'],
    ['circle-plus', 'plus-circle'],
    ['magnifying-glass-plus', 'zoom-in'],
    ['location-pin', 'map-pin'],
    ['speech-bubble', 'chat'],
    ['traffic-light', 'traffic-light'],
    ['glasses', 'glasses'],
    ['x', 'close'],
    ['outline', 'outline'],
  ])('takes %s for %s', (name, concept) => {
    expect(conceptOf(name).concept).toBe(concept);
  });

  it('ranks plainer names first', () => {
    const names = ['calendar', 'calendar-outline', 'calendar-fill', 'calendar-fill-24', 'calendars', 'event'];
    const shuffled = [...names].reverse().sort((a, b) => {
      const [left, right] = [conceptOf(a).rank, conceptOf(b).rank];
      const differs = left.findIndex((value, i) => value !== right[i]);
      return left[differs]! - right[differs]!;
    });
    expect(shuffled).toEqual(names);
  });
});

describe('singularise', () => {
  it.each([
    ['images', 'image'],
    ['batteries', 'battery'],
    ['boxes', 'box'],
    ['dishes', 'dish'],
    ['branches', 'branch'],
    ['compass', 'compass'],
    ['focus', 'focus'],
    ['analysis', 'analysis'],
    ['news', 'news'],
    ['gas', 'gas'],
    ['movies', 'movie'],
  ])('turns %s into %s', (word, singular) => {
    expect(singularise(word)).toBe(singular);
  });
});

describe('synonyms', () => {
  it.each(Object.entries(CONCEPT_SYNONYMS))('%s is the concept of each of its names', (concept, names) => {
    expect(conceptOf(concept).concept).toBe(concept);
    expect(names.map((name) => conceptOf(name).concept)).toEqual(names.map(() => concept));
  });

  it('no token is both a synonym and a concept', () => {
    const synonyms = new Set(Object.values(TOKEN_SYNONYMS).flat());
    expect(Object.keys(TOKEN_SYNONYMS).filter((token) => synonyms.has(token))).toEqual([]);
  });
});
