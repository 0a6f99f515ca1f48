export { csvBytes, csvLines, csvOf, csvRows, csvText, FORMULA_START } from './csv.ts';
export { latexText, markdownText } from './markup.ts';
export { shellWord } from './shell-word.ts';
export { isDrawable, visible, visibleLine } from './visible.ts';
