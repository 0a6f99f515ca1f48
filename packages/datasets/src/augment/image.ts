/** A square of RGB, uint8, row-major [size, size, 3]: what augmentations change in place. */
export interface Image {
  readonly size: number;
  readonly pixels: Uint8Array;
}
