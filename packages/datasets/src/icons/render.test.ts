import { describe, expect, it } from 'vitest';
import { iconSvg, renderIcon } from './render.ts';

const iconSet = {
  prefix: 'test',
  icons: {
    full: { body: '<path fill="currentColor" d="M0 0h24v24H0z"/>' },
    corner: { body: '<path fill="currentColor" d="M0 0h12v12H0z"/>' },
    wide: { body: '<path fill="currentColor" d="M0 0h48v24H0z"/>', width: 48 },
    blue: { body: '<path fill="blue" d="M0 0h24v24H0z"/>' },
  },
  aliases: { turned: { parent: 'corner', rotate: 2 } },
  width: 24,
  height: 24,
};

/** Rows of a rendered icon as text: # black, . white, + anything between. */
async function picture(icon: string): Promise<string[]> {
  const pixels = await renderIcon(iconSet, icon, 16);
  const letters = Array.from({ length: 256 }, (_, i) => {
    const [red, green, blue] = pixels.subarray(3 * i, 3 * i + 3);
    if (red !== green || green !== blue) return 'c';
    return red === 0 ? '#' : red === 255 ? '.' : '+';
  });
  return Array.from({ length: 16 }, (_, y) => letters.slice(16 * y, 16 * (y + 1)).join(''));
}

const blank = '................';

describe('renderIcon', () => {
  it('draws black on white with a margin of a sixteenth', async () => {
    const filled = '.##############.';
    expect(await picture('full')).toEqual([blank, ...new Array<string>(14).fill(filled), blank]);
  });

  it('keeps the aspect ratio and centres', async () => {
    const rows = await picture('wide');
    expect(rows[3]).toBe(blank);
    expect(rows[8]).toBe('.##############.');
    expect(rows.slice(9).reverse()).toEqual(rows.slice(0, 7));
  });

  it('follows aliases and their turns', async () => {
    const corner = await picture('corner');
    expect(corner[1]).toBe('.#######........');
    const turned = corner.map((row) => [...row].reverse().join('')).reverse();
    expect(await picture('turned')).toEqual(turned);
  });

  it('gives the same bytes again', async () => {
    expect(await renderIcon(iconSet, 'wide', 33)).toEqual(await renderIcon(iconSet, 'wide', 33));
  });

  it('keeps colours that an author fixed', async () => {
    expect([...(await renderIcon(iconSet, 'blue', 16)).subarray(3 * (8 * 16 + 8)).subarray(0, 3)]).toEqual([
      0, 0, 255,
    ]);
  });

  it('says which icon is missing', () => {
    expect(() => iconSvg(iconSet, 'none', 16)).toThrow('The icon package test has no icon none.');
  });
});
