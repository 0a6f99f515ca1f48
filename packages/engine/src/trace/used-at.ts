import { fileURLToPath } from 'node:url';

const OWN = fileURLToPath(new URL('..', import.meta.url));

/**
 * The place in the step that raised the error: `file:line:column` of the innermost frame outside this package and its
 * dependencies. Undefined where the stack has no such frame.
 */
export function usedAt({ stack = '' }: Error): string | undefined {
  for (const line of stack.split('\n')) {
    const [, place, file] = /\(?((?:file:\/\/)?(\/[^():]+|[A-Za-z]:[^():]+):\d+:\d+)\)?$/.exec(line) ?? [];
    if (place === undefined || file === undefined) continue;
    if (file.includes('node_modules')) continue;
    if (file.startsWith(OWN) && !file.endsWith('.test.ts')) continue;
    return place.replace('file://', '');
  }
  return undefined;
}
