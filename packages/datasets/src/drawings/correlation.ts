/** Images prepared for correlation: grey levels with mean 0 and length 1. So a dot product is Pearson's r. */
export interface StandardisedImages {
  /** Shape (count, pixelsPerImage). */
  values: Float32Array;
  count: number;
  pixelsPerImage: number;
}

/**
 * @param pixels RGB, shape (count, pixelsPerImage, 3)
 * @returns grey levels (mean of R, G and B), centred and scaled image by image; a blank image is all zeros
 */
export function standardise(pixels: Uint8Array, pixelsPerImage: number): StandardisedImages {
  const count = pixels.length / (pixelsPerImage * 3);
  const values = new Float32Array(count * pixelsPerImage);
  for (let image = 0; image < count; image++) {
    const offset = image * pixelsPerImage;
    let sum = 0;
    for (let i = offset; i < offset + pixelsPerImage; i++) {
      const grey = (pixels[3 * i]! + pixels[3 * i + 1]! + pixels[3 * i + 2]!) / 3;
      values[i] = grey;
      sum += grey;
    }
    const mean = sum / pixelsPerImage;
    let squares = 0;
    for (let i = offset; i < offset + pixelsPerImage; i++) squares += (values[i]! - mean) ** 2;
    const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares);
    for (let i = offset; i < offset + pixelsPerImage; i++) values[i] = (values[i]! - mean) * scale;
  }
  return { values, count, pixelsPerImage };
}

/** Pearson correlation of images a and b. */
export function correlation({ values, pixelsPerImage }: StandardisedImages, a: number, b: number): number {
  const [left, right] = [a * pixelsPerImage, b * pixelsPerImage];
  let sum = 0;
  for (let i = 0; i < pixelsPerImage; i++) sum += values[left + i]! * values[right + i]!;
  return sum;
}
