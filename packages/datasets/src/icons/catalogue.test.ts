import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { plainestIcons } from './catalogue.ts';
import { ICON_PACKAGES } from './packages.ts';

const body = '<path/>';

describe('plainestIcons', () => {
  it("picks one author's plainest name of a concept, whatever the order in the file", () => {
    const names = ['event', 'calendar-solid', 'calendar-outline', 'trash-2', 'bin', 'house-fill'];
    const expected = new Map([
      ['calendar', 'calendar-outline'],
      ['trash', 'trash-2'],
      ['home', 'house-fill'],
    ]);
    for (const order of [names, [...names].reverse()]) {
      const found = plainestIcons({ icons: Object.fromEntries(order.map((name) => [name, { body }])) });
      expect(found).toEqual(expected);
    }
  });

  it('leaves out hidden icons, directions, brands, vague names and mirror images', () => {
    const icons = {
      ...{
        star: { body, hidden: true },
        'arrow-left': { body },
        github: { body },
        circle: { body },
        undo: { body },
      },
      tag: { body },
    };
    expect([...plainestIcons({ icons }).keys()]).toEqual(['tag']);
  });

  it('knows names that are aliases', () => {
    const found = plainestIcons({ icons: { house: { body } }, aliases: { home: { parent: 'house' } } });
    expect(found).toEqual(new Map([['home', 'home']]));
  });
});

describe('the icon packages', () => {
  it('are one of an author, monochrome, and of the permissive licence that they declare', () => {
    const require = createRequire(import.meta.url);
    expect(new Set(ICON_PACKAGES.map(({ author }) => author)).size).toBe(ICON_PACKAGES.length);
    for (const { prefix, author, license } of ICON_PACKAGES) {
      const info = require(`@iconify-json/${prefix}/info.json`) as {
        author: { name: string };
        license: { spdx: string };
        palette: boolean;
      };
      expect([info.author.name, info.license.spdx, info.palette]).toEqual([author, license, false]);
      expect(['MIT', 'Apache-2.0', 'ISC', 'BSD-3-Clause', 'Unlicense']).toContain(license);
    }
  });
});
