/** Of a square of 32 units: units an em, and the line that the letters stand on, from the top. */
export const SIDE = 32;
export const EM = 24;
export const BASELINE = 23;

/** The rendering settings in words; part of a pack's provenance. */
export const RENDERING =
  `outlines as SVG at target size, 72 dpi, black on white, an em of ${EM}/${SIDE} of the side, the baseline at ${BASELINE}/${SIDE}, ` +
  'the ink centred from left to right, parts beyond the square cut off, sRGB, no resampling';
