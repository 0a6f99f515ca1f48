export { type Registry, registry } from './registry.ts';
export { unknownName } from './unknown-name.ts';
export { UserError } from './user-error.ts';
