/** Text for a terminal or a plot: a character that would move the cursor or turn the line around is shown, not obeyed. */

/**
 * Control characters, lone surrogates, characters that no Unicode text holds, characters that change the direction or the end
 * of a line, and characters that are drawn as nothing: they would make two names look alike. Line feeds and tabs stay. U+2800
 * is a Braille pattern without dots.
 */
const HIDDEN =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]/gu;

/**
 * The text with each such character as `\uXXXX`. JSON stays the same JSON, because JSON reads `\uXXXX` as the character.
 */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) => character.split('').map(escaped).join(''));
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The same on one line, as a cell of a table needs it. */
export function visibleLine(text: string): string {
  return visible(text.replace(/[\n\t]+/g, ' '));
}

/** Whether a plot and a line of a table can hold the text as it is: it has one line, and `visible` changes nothing. */
export function isDrawable(text: string): boolean {
  return !/[\n\t]/.test(text) && visible(text) === text;
}
