/** Shows control characters on the console instead of sending them. Printed names, paths and messages may contain them. */
import { format } from 'node:util';
import { visible } from '@clce/text';

/** From now on, for every line that goes through `console`. The live lines of a terminal do not. */
export function showControlCharacters(): void {
  const printTo = (stream: NodeJS.WriteStream) => {
    return (...values: readonly unknown[]) => void stream.write(`${visible(format(...values))}\n`);
  };
  console.log = printTo(process.stdout);
  console.error = printTo(process.stderr);
  console.warn = console.error;
}
