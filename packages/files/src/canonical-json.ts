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
  return write(value, [], []);
}

/**
 * A cell's key is made for each of many thousand cells: plain loops, and no copies of the path.
 *
 * @param within the objects that hold the value, outermost first
 * @param path the name of each next object in the one before, and of the value in the last
 */
function write(value: unknown, within: object[], path: (string | number)[]): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refused(path, String(value));
    return String(value);
  }
  if (typeof value !== 'object') throw refused(path, value === undefined ? 'undefined' : `a ${typeof value}`);
  if (within.includes(value)) throw refused(path, 'an object that contains itself');
  within.push(value);
  let text = '';
  if (Array.isArray(value)) {
    // The loop also visits holes, as undefined.
    for (let place = 0; place < value.length; place++) {
      path.push(place);
      text += `${place === 0 ? '' : ','}${write(value[place], within, path)}`;
      path.pop();
    }
    text = `[${text}]`;
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw refused(path, `a ${value.constructor.name}, not a plain object`);
    }
    for (const key of Object.keys(value).sort()) {
      path.push(key);
      const item = write((value as Record<string, unknown>)[key], within, path);
      text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${item}`;
      path.pop();
    }
    text = `{${text}}`;
  }
  within.pop();
  return text;
}

function refused(path: readonly (string | number)[], what: string): TypeError {
  const names = path.map((name) => (typeof name === 'number' ? `[${name}]` : `.${name}`));
  return new TypeError(`$${names.join('')} is ${what}; JSON cannot hold it`);
}
