export { unknownName } from './unknown-name.ts';
