/**
 * Shows control characters on the console instead of sending them. Printed names, paths and messages may contain them. So text
 * for people goes through `console`, and data for programs through `printData`.
 */
import { format } from 'node:util';
import { visible } from '@clce/text';

/** From now on, for every line that goes through `console`. The live area of a terminal shows them itself. */
export function showControlCharacters(): void {
  const printTo = (stream: NodeJS.WriteStream) => {
    return (...values: readonly unknown[]) => void stream.write(`${visible(format(...values))}\n`);
  };
  console.log = printTo(process.stdout);
  console.error = printTo(process.stderr);
  console.warn = console.error;
}
