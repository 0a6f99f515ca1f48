/** Letters of typefaces as pictures that are compared with each other. */
import sharp, { type Sharp } from 'sharp';
import { type Layers, layersOf, SIDE } from '../pictures/copies/layers.ts';
import { CHARACTERS } from '../typefaces/characters.ts';
import { readTypeface, renderCharacter } from '../typefaces/glyphs.ts';
import { TYPEFACE_PACKAGES } from '../typefaces/packages.ts';

export interface Letter {
  readonly name: string;
  readonly picture: Sharp;
  readonly sha256: string;
  readonly layers: Layers;
}

/** In many typefaces these are one plain stroke. */
const STROKES = 'Iil';

/** Characters of twelve typefaces of the set. @param count characters of each typeface */
export async function lettersOf(count: number, side: number): Promise<Letter[]> {
  const typefaces = TYPEFACE_PACKAGES.filter((_, at) => at % 9 === 0).slice(0, 12);
  const characters = CHARACTERS.filter((character) => !STROKES.includes(character)).slice(0, count);
  const letters: Letter[] = [];
  for (const one of typefaces) {
    const typeface = await readTypeface(one);
    for (const character of characters) {
      const pixels = Buffer.from(await renderCharacter(typeface, character, side));
      const picture = sharp(pixels, { raw: { width: side, height: side, channels: 3 } });
      const name = `${one.id}:${character}`;
      letters.push({ name, picture, ...(await compared(name, picture)) });
    }
  }
  return letters;
}

/** @param sha256 stands for the hash of the picture's file */
export async function compared(sha256: string, picture: Sharp): Promise<{ sha256: string; layers: Layers }> {
  const png = await picture.png().toBuffer();
  const { width, height } = await sharp(png).metadata();
  const rgb = await sharp(png).removeAlpha().resize(SIDE, SIDE, { fit: 'fill' }).raw().toBuffer();
  return { sha256, layers: layersOf(rgb, Math.min(width, height)) };
}
