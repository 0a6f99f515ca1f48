import { getIconData, iconToSVG } from '@iconify/utils';
import { renderAll, renderSvg } from '../drawings/render-svg.ts';
import { DatasetError } from '../errors.ts';
import type { Drawing, IconSet } from './catalogue.ts';

/** White margin at each edge, as a share of the image's side: 2 pixels of 32. */
const MARGIN = 1 / 16;

/** The rendering settings in words; part of a pack's provenance. */
export const RENDERING =
  'SVG at target size, 72 dpi, black on white, margin 1/16, aspect ratio kept and centred, sRGB, no resampling';

/** The SVG text of one icon in a square of `size` pixels, black on transparent. */
export function iconSvg(iconSet: IconSet, icon: string, size: number): string {
  const data = getIconData(iconSet, icon);
  if (data === null) throw new DatasetError(`The icon package ${iconSet.prefix} has no icon ${icon}.`);
  const { body, viewBox } = iconToSVG(data);
  const [left, top, width, height] = viewBox;
  // The longer side gets a margin of `MARGIN` at both ends. The viewer centres the shorter side.
  const margin = (Math.max(width, height) * MARGIN) / (1 - 2 * MARGIN);
  const box = [left - margin, top - margin, width + 2 * margin, height + 2 * margin].join(' ');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
    `width="${size}" height="${size}" viewBox="${box}" color="black">${body}</svg>`
  );
}

/** Renders one icon. RGB, shape (size, size, 3). */
export function renderIcon(iconSet: IconSet, icon: string, size: number): Promise<Uint8Array> {
  return renderSvg(iconSvg(iconSet, icon, size), size, `${iconSet.prefix}:${icon}`);
}

/** Renders drawings in order into one array, shape (drawings.length, size, size, 3). */
export function renderDrawings(
  iconSets: ReadonlyMap<string, IconSet>,
  drawings: readonly Pick<Drawing, 'prefix' | 'icon'>[],
  size: number,
  onProgress?: (done: number, total: number) => void,
): Promise<Uint8Array> {
  const render = (row: number) => {
    const { prefix, icon } = drawings[row]!;
    return renderIcon(iconSets.get(prefix)!, icon, size);
  };
  return renderAll(drawings.length, size, render, onProgress);
}
