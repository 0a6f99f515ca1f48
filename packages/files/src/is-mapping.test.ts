import { expect, it } from 'vitest';
import { isMapping } from './is-mapping.ts';

it.each([
  ['{}', true],
  ['{"a":[1]}', true],
  ['[]', false],
  ['null', false],
  ['"text"', false],
  ['3', false],
])('%s', (json, expected) => {
  expect(isMapping(JSON.parse(json))).toBe(expected);
});
