/** Text within a row of a Markdown or LaTeX table. */
import { visible } from './visible.ts';

/** One line of Markdown (GitHub) that shows the text itself: no column, markup or HTML begins in it. */
export function markdownText(text: string): string {
  return visible(oneLine(text))
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_[\]|~$]/g, String.raw`\$&`);
}

/** One line of LaTeX that shows the text itself. Greek letters and signs of our titles become commands. */
export function latexText(text: string): string {
  return visible(oneLine(text)).replace(/[\\&%$#_{}~^<>|[*λτβ·]/g, (sign) => LATEX[sign] ?? `\\${sign}`);
}

const LATEX: Readonly<Record<string, string>> = {
  '\\': String.raw`\textbackslash{}`,
  '~': String.raw`\textasciitilde{}`,
  '^': String.raw`\textasciicircum{}`,
  '<': String.raw`\textless{}`,
  '>': String.raw`\textgreater{}`,
  '|': String.raw`\textbar{}`,
  // A row that begins with one would be an option of the line break before it.
  '[': '{[}',
  '*': '{*}',
  λ: String.raw`$\lambda$`,
  τ: String.raw`$\tau$`,
  β: String.raw`$\beta$`,
  '·': String.raw`$\cdot$`,
};

function oneLine(text: string): string {
  return text.replace(/[\s\u2028\u2029]+/g, ' ');
}
