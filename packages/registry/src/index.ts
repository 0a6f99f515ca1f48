export { type ErrorRecord, recordOfError, revivable, reviveError } from './error-record.ts';
export { registry } from './registry.ts';
export { unknownName } from './unknown-name.ts';
export { UserError } from './user-error.ts';
