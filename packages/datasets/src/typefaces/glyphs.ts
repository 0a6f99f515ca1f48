import { createHash } from 'node:crypto';
import { create, type Font } from 'fontkit';
import {
  installedVersion,
  REINSTALL,
  readInstalled,
  readInstalledJson,
} from '../drawings/installed-package.ts';
import { renderSvg } from '../drawings/render-svg.ts';
import { DatasetError } from '../errors.ts';
import type { TypefacePackage } from './packages.ts';
import { BASELINE, EM, SIDE } from './rendering.ts';

/** A family and the outlines of its characters. */
export interface Typeface {
  id: string;
  family: string;
  /** Serif, sans-serif, display, handwriting or monospace. */
  category: string;
  /** Version of the package. */
  version: string;
  /** SVG text of a character in a square of `size` pixels, black on transparent. */
  svg(character: string, size: number): string;
  /** Whether a part of the character lies outside the square. */
  isCut(character: string): boolean;
}

/**
 * Reads the upright Latin font of weight 400 of an installed package.
 *
 * @throws {DatasetError} naming the package, if a file of it is missing or damaged, or is another version's
 */
export async function readTypeface({ id, sha256 }: TypefacePackage): Promise<Typeface> {
  const name = `@fontsource/${id}`;
  const file = `files/${id}-latin-400-normal.woff2`;
  const bytes = await readInstalled(name, file);
  const found = createHash('sha256').update(bytes).digest('hex').slice(0, sha256.length);
  if (found !== sha256) {
    throw new DatasetError(
      `${file} of the package ${name} has the SHA-256 ${found}…, expected ${sha256}…; ${REINSTALL}.`,
      'corrupt',
    );
  }
  const font = create(bytes) as Font;
  const { family, category } = (await readInstalledJson(name, 'metadata.json')) as Typeface;
  const scale = EM / font.unitsPerEm;

  function outline(character: string) {
    const code = character.codePointAt(0)!;
    const { path } = font.glyphForCodePoint(code);
    if (!font.hasGlyphForCodePoint(code) || path.commands.length === 0) {
      throw new DatasetError(`${file} of the package ${name} has no character ${character}.`, 'corrupt');
    }
    return path;
  }

  return {
    ...{ id, family, category },
    version: await installedVersion(name),
    svg(character, size) {
      const path = outline(character);
      const left = SIDE / 2 - ((path.bbox.minX + path.bbox.maxX) / 2) * scale;
      return (
        `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${SIDE} ${SIDE}">` +
        `<path transform="translate(${left} ${BASELINE}) scale(${scale} ${-scale})" d="${path.toSVG()}"/></svg>`
      );
    },
    isCut(character) {
      const { minX, maxX, minY, maxY } = outline(character).bbox;
      const [above, below] = [BASELINE - maxY * scale, BASELINE - minY * scale];
      return (maxX - minX) * scale > SIDE || above < 0 || below > SIDE;
    },
  };
}

/** Renders a character. RGB, shape (size, size, 3). */
export function renderCharacter(typeface: Typeface, character: string, size: number): Promise<Uint8Array> {
  return renderSvg(typeface.svg(character, size), size, `${typeface.id}:${character}`);
}
