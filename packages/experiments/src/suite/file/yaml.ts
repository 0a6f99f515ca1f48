/** Reads YAML that people write. */
import { type Document, LineCounter, parseDocument, stringify } from 'yaml';
import { SuiteError } from '../suite-error.ts';

/** Entries as YAML. */
export function writeYaml(entries: object): string {
  return stringify(entries, { lineWidth: 120, aliasDuplicateObjects: false });
}

export interface YamlText {
  readonly document: Document;
  readonly value: unknown;
  /** Line of the character at this offset. */
  lineAt(offset: number): number;
}

/**
 * Repeated keys, aliases without an anchor and aliases that expand without bound are errors too.
 *
 * @param place names a line of the text in errors
 * @throws SuiteError in one line
 */
export function readYaml(text: string, place: (line: number) => string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const [wrong] = document.errors;
  if (wrong !== undefined) {
    throw new SuiteError(
      `${place(lineAt(wrong.pos[0]))}: ${wrong.message.split('\n')[0]!.replace(/ at line \d+, column \d+:$/, '')}`,
    );
  }
  try {
    return { document, value: document.toJS(), lineAt };
  } catch (error) {
    // `toJS` reports aliases without their line.
    if (error instanceof ReferenceError) throw new SuiteError(`${place(1)}: ${error.message}`);
    throw error;
  }
}
