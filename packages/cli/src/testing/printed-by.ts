import { Command } from 'commander';
import { vi } from 'vitest';

/** For tests: what a command prints, run in this process. @throws what `main.ts` turns into one line */
export async function printedBy(
  addCommands: (program: Command) => void,
  ...words: readonly string[]
): Promise<string> {
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  // Data for programs; the runner of the tests prints nothing meanwhile.
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((data) => {
    printed.push(String(data).replace(/\n$/, ''));
    return true;
  });
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  addCommands(program);
  try {
    await program.parseAsync(words, { from: 'user' });
    return printed.join('\n');
  } finally {
    log.mockRestore();
    write.mockRestore();
  }
}
