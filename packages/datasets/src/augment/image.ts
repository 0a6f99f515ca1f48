/** A square RGB image, uint8, row-major [size, size, 3]. Augmentations change it in place. */
export interface Image {
  readonly size: number;
  readonly pixels: Uint8Array;
}
