/**
 * Raised by hand whenever a change alters the numbers that a cell produces. It is part of every cell's key, so cells
 * computed before such a change are not taken for cells computed after it.
 */
export const NUMERICS_VERSION = 9;
