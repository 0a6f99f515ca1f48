// Every loss that a suite can name, one line for each, in alphabetical order.
export { default as ce } from './ce.ts';
export { default as ceHcl } from './ce-hcl.ts';
export { default as ceSupCon } from './ce-sup-con.ts';
export { default as clce } from './clce.ts';
export { default as hScl } from './h-scl.ts';
export { default as supCon } from './sup-con.ts';
export { default as supConTwoViews } from './sup-con-two-views.ts';
