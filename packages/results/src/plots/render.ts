/** Renders Vega-Lite to SVG and PNG. Equal specifications give equal bytes. */
import { createRequire } from 'node:module';
import { visible } from '@clce/text';
import type { PlotSpec } from './plots.ts';

export interface RenderedPlot {
  readonly svg: string;
  readonly png: Uint8Array;
}

const { resolve } = createRequire(import.meta.url);
const FONTS = ['DejaVuSans', 'DejaVuSans-Bold'].map((font) => resolve(`dejavu-fonts-ttf/ttf/${font}.ttf`));

/** The PNG has two pixels per unit of the SVG. */
export async function renderPlot(spec: PlotSpec): Promise<RenderedPlot> {
  // The renderer takes seconds and 200 MB to load, and most runs draw nothing new.
  const [{ Resvg }, { parse, View }, { compile }] = await Promise.all([
    import('@resvg/resvg-js'),
    import('vega'),
    import('vega-lite'),
  ]);
  const view = new View(parse(compile(drawable(spec)).spec), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    const font = { fontFiles: FONTS, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans' };
    return { svg, png: new Resvg(svg, { font, fitTo: { mode: 'zoom', value: 2 } }).render().asPng() };
  } finally {
    view.finalize();
  }
}

/** An SVG file cannot hold every character of a class's name. */
function drawable<Value>(value: Value): Value {
  if (typeof value === 'string') return visible(value) as Value;
  if (Array.isArray(value)) return value.map(drawable) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, drawable(entry)])) as Value;
}
