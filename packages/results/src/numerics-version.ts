/**
 * Raise this version by hand in every change that alters the numbers of a cell. It is part of every cell's key, so cells
 * computed before the change are not mistaken for cells computed after it.
 */
export const NUMERICS_VERSION = 11;
