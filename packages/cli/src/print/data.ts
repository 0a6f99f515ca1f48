/** Data for other programs on standard output: CSV and JSON. */
import { visible } from '@clce/text';

/** Prints the text and a line break, byte for byte. A terminal is shown control characters, as in any other text. */
export function printData(
  text: string,
  out: NodeJS.WritableStream & { readonly isTTY?: boolean } = process.stdout,
): void {
  out.write(`${out.isTTY === true ? visible(text) : text}\n`);
}
