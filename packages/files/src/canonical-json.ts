/**
 * JSON with one spelling per value: equal values have equal bytes and so equal hashes.
 *
 * The spelling is RFC 8785 (JSON Canonicalization Scheme): keys sorted by UTF-16 code units, no white space, numbers and
 * strings as in ECMAScript. JSON.stringify silently drops `undefined` and turns NaN into null. A cell that lost its
 * learning rate this way would share its key with another cell. So a value that JSON cannot hold is an error that names
 * the value's path.
 */

/**
 * @param value null, booleans, finite numbers, strings, arrays and plain objects of them
 * @throws TypeError that names the path of the first other entry, such as `$.loss.tau is NaN`
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$', []);
}

function write(value: unknown, path: string, ancestors: readonly object[]): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refused(path, String(value));
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') throw refused(path, value === undefined ? 'undefined' : `a ${typeof value}`);
  if (ancestors.includes(value)) throw refused(path, 'an object that contains itself');
  const within = [...ancestors, value];
  if (Array.isArray(value)) {
    // Array.from also visits holes, as undefined.
    return `[${Array.from(value, (item: unknown, i) => write(item, `${path}[${i}]`, within)).join(',')}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw refused(path, `a ${value.constructor.name}, not a plain object`);
  }
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${write(item, `${path}.${key}`, within)}`).join(',')}}`;
}

function refused(path: string, what: string): TypeError {
  return new TypeError(`${path} is ${what}; JSON cannot hold it`);
}
