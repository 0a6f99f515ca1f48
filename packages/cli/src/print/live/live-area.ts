/** The last lines of a terminal: they are rewritten in place, and permanent lines are added above them. */
import { clearScreenDown, moveCursor } from 'node:readline';
import { visible } from '@clce/text';
import { cut } from '../fitted-table.ts';

export interface LiveArea {
  /** Adds a permanent line. */
  readonly add: (text: string) => void;
  /** Replaces the live lines, up to the height of the terminal. */
  readonly show: (lines: readonly string[]) => void;
  readonly clear: () => void;
}

export function liveArea(out: NodeJS.WriteStream): LiveArea {
  let height = 0;
  const clear = () => {
    if (height === 0) return;
    moveCursor(out, 0, -height);
    clearScreenDown(out);
    height = 0;
  };
  return {
    clear,
    add(text) {
      clear();
      out.write(`${visible(text)}\n`);
    },
    show(lines) {
      clear();
      // A line that wraps or scrolls away could not be cleared.
      const shown = lines
        .slice(0, (out.rows ?? 24) - 1)
        .map((line) => cut(visible(line), (out.columns ?? 80) - 1));
      out.write(shown.map((line) => `${line}\n`).join(''));
      height = shown.length;
    },
  };
}
