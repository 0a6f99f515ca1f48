/** YAML as people write settings in it. */
import { type Document, LineCounter, parseDocument } from 'yaml';
import { SuiteError } from './suite-error.ts';

export interface YamlText {
  readonly document: Document;
  readonly value: unknown;
  /** Line of a character. */
  lineAt(offset: number): number;
}

/**
 * A key that stands twice, an alias without its anchor and aliases that multiply without end are mistakes like any other.
 *
 * @param place where a line of the text is, as errors name it
 * @throws SuiteError in one line
 */
export function readYaml(text: string, place: (line: number) => string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const [wrong] = document.errors;
  if (wrong !== undefined) {
    throw new SuiteError(`${place(lineAt(wrong.pos[0]))}: ${wrong.message.split('\n')[0]}`);
  }
  try {
    return { document, value: document.toJS(), lineAt };
  } catch (error) {
    // What `toJS` says of aliases, without their place.
    if (error instanceof ReferenceError) throw new SuiteError(`${place(1)}: ${error.message}`);
    throw error;
  }
}
