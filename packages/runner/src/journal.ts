/**
 * The lines of a cell's journal. Each is sealed and holds a digest of the line before it, so that a line that is missing
 * within the journal, or out of its place, shows. Lines of earlier versions hold no such digest.
 */
import { createHash } from 'node:crypto';
import { sealLine, unseal } from '@clce/files';
import { UserError } from '@clce/registry';

export type JournalEntry = Readonly<Record<string, string | number>>;

/** The line of an entry behind the text of a journal; its last line may be cut off. */
export function journalLine(key: string, entry: JournalEntry, text: string): string {
  return sealLine(key, { after: digestOf(linesOf(text).at(-1)?.line ?? ''), ...entry });
}

export interface ReadJournal {
  readonly entries: readonly JournalEntry[];
  /** What is wrong first, with its line; undefined where the journal is as it was written. */
  readonly fault: string | undefined;
}

export function parseJournal(text: string, key: string): ReadJournal {
  const entries: JournalEntry[] = [];
  const faults: string[] = [];
  let before = '';
  for (const { line, number } of linesOf(text)) {
    try {
      const { after, ...entry } = unseal(line, key);
      if (!Object.values(entry).every((value) => ['string', 'number'].includes(typeof value))) {
        throw new UserError('it is no entry of a journal');
      }
      entries.push(entry as JournalEntry);
      if (after !== undefined && after !== digestOf(before)) {
        faults.push(`line ${number} does not follow the line before it`);
      }
    } catch (error) {
      faults.push(`line ${number} is broken: ${(error as Error).message}`);
    }
    before = line;
  }
  return { entries, fault: faults[0] };
}

function linesOf(text: string): { readonly line: string; readonly number: number }[] {
  return text
    .split('\n')
    .map((line, at) => ({ line, number: at + 1 }))
    .filter(({ line }) => line !== '');
}

/** The first 16 digits of the SHA-256. */
function digestOf(line: string): string {
  return createHash('sha256').update(line).digest('hex').slice(0, 16);
}
