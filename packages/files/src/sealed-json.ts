/**
 * JSON files that say to what they belong and whether they are as they were written.
 *
 * A sealed file begins with a digest and a key. The digest is the SHA-256 of everything after it, so any changed byte
 * shows. `tail -n +3 FILE | sha256sum` computes the digest of an indented file.
 */
import { createHash } from 'node:crypto';
import { UserError } from '@clce/registry';
import { canonicalJson } from './canonical-json.ts';

const HEAD = /^\{(?:\n {2})?"digest": ?"([0-9a-f]{64})",\n?/;

/**
 * The text of a sealed file, which ends with a line break. Equal content gives equal bytes, because its keys are sorted.
 *
 * @param content an object without entries called `digest` or `key`
 * @throws TypeError where JSON cannot hold the content
 */
export function seal(key: string, content: object): string {
  const sorted = JSON.parse(canonicalJson(content)) as object;
  return withDigest(`${indented(keyed(key, sorted), '')}\n`);
}

/** The indented text of a JSON object with its digest before its first entry. */
export function withDigest(text: string): string {
  const rest = text.slice('{\n'.length);
  return `{\n  "digest": "${digestOf(rest)}",\n${rest}`;
}

/** On one line, without a line break, the entries in their own order; what JSON cannot hold is null or left out. */
export function sealLine(key: string, content: object): string {
  const rest = JSON.stringify(keyed(key, content)).slice('{'.length);
  return `{"digest":"${digestOf(rest)}",${rest}`;
}

/**
 * The content of a sealed text.
 *
 * @throws UserError with the reason: the text has no digest, is not as it was written, or belongs to another key
 */
export function unseal(text: string, key: string): Readonly<Record<string, unknown>> {
  const { key: owner, ...content } = JSON.parse(withoutDigest(text)) as Record<string, unknown>;
  if (owner !== key) throw new UserError(`it belongs to ${JSON.stringify(owner)}`);
  return content;
}

/** @throws UserError with the reason: the text has no digest, or is not as it was written */
export function withoutDigest(text: string): string {
  const [head, digest] = HEAD.exec(text) ?? [];
  if (head === undefined)
    throw new UserError(text === '' ? 'it is empty' : 'it does not begin with a digest');
  const rest = text.slice(head.length);
  if (digestOf(rest) !== digest) throw new UserError('it has changed since it was written');
  return `{${rest}`;
}

/** The digest that a text holds. `withoutDigest` and `unseal` say whether it is right. */
export function sealedDigest(text: string): string | undefined {
  return HEAD.exec(text)?.[1];
}

/**
 * Parses JSON from a file that has no seal.
 *
 * @throws UserError in one line that names the file
 */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = text.trim() === '' ? 'it is empty' : (error as SyntaxError).message.replace(/\s+/g, ' ');
    throw new UserError(`${file} is no JSON: ${why}`, { cause: error });
  }
}

/** JSON as `JSON.stringify` indents it by two spaces, with each list that holds no object on one line. */
function indented(value: unknown, margin: string): string {
  if (typeof value !== 'object' || value === null || isFlat(value)) return JSON.stringify(value);
  const inner = `${margin}  `;
  const isList = Array.isArray(value);
  const lines = Object.entries(value).map(
    ([name, entry]) => `${inner}${isList ? '' : `${JSON.stringify(name)}: `}${indented(entry, inner)}`,
  );
  if (lines.length === 0) return '{}';
  const [open, close] = isList ? '[]' : '{}';
  return `${open}\n${lines.join(',\n')}\n${margin}${close}`;
}

/** Whether the value is a list without an object in it. A result holds thousands of counts. */
function isFlat(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((entry) => typeof entry !== 'object' || entry === null || isFlat(entry))
  );
}

function keyed(key: string, content: object): object {
  for (const taken of ['digest', 'key']) {
    if (taken in content) throw new TypeError(`the content of a sealed file has an entry "${taken}"`);
  }
  return { key, ...content };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
