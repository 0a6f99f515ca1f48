/** JSON objects of many thousand files, copied and not parsed. */

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [BRACE, BRACKET, END_BRACE, END_BRACKET] = [0x7b, 0x5b, 0x7d, 0x5d];

/**
 * The entries of a JSON object by name, each as JSON without white space. Numbers and texts keep their spelling.
 *
 * @param json valid JSON of an object, in UTF-8
 */
export function compactEntries(json: Uint8Array): ReadonlyMap<string, string> {
  const out = Buffer.allocUnsafe(json.length);
  const entries = new Map<string, string>();
  let [length, depth, start] = [0, 0, 0];
  let name: string | undefined;
  const end = (): void => {
    if (name !== undefined) entries.set(JSON.parse(name) as string, out.toString('utf8', start, length));
    name = undefined;
  };
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    // White space, all of it below any other byte of JSON.
    if (byte <= 0x20) continue;
    if (byte === END_BRACE || byte === END_BRACKET) depth--;
    if (depth === 0 && byte === END_BRACE) end();
    if (depth === 1 && byte === COMMA) {
      end();
      start = length;
      continue;
    }
    if (depth === 1 && byte === COLON) {
      name = out.toString('utf8', start, length);
      start = length;
      continue;
    }
    if (depth === 0 && byte === BRACE) {
      depth = 1;
      continue;
    }
    out[length++] = byte;
    if (byte === BRACE || byte === BRACKET) depth++;
    if (byte !== QUOTE) continue;
    for (let inText = true; inText; ) {
      const next = json[++at]!;
      out[length++] = next;
      if (next === BACKSLASH) out[length++] = json[++at]!;
      inText = next !== QUOTE;
    }
  }
  return entries;
}
