/** The format of a picture by its first bytes. An extension says nothing. */

/** A format, by its usual name. */
export interface PictureFormat {
  readonly name: string;
  /** Whether pictures of the format are read. */
  readonly isRead: boolean;
}

/** Bytes from the beginning of a file that `formatOf` needs. */
export const HEAD_BYTES = 4096;

/** Beginnings of files; `?` stands for any byte. */
const READ: Readonly<Record<string, readonly string[]>> = {
  JPEG: ['\xff\xd8\xff'],
  PNG: ['\x89PNG\r\n\x1a\n'],
  GIF: ['GIF87a', 'GIF89a'],
  WebP: ['RIFF????WEBP'],
  TIFF: ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'],
  AVIF: ['????ftypavif', '????ftypavis'],
};

const NOT_READ: Readonly<Record<string, readonly string[]>> = {
  HEIC: ['????ftyphei', '????ftyphev', '????ftypmif1', '????ftypmsf1'],
  BMP: ['BM????\0\0\0\0'],
  PPM: [...'1234567'].flatMap((kind) => [`P${kind}\n`, `P${kind} `, `P${kind}\r`]),
  ICO: ['\0\0\x01\0'],
  'JPEG 2000': ['\0\0\0\x0cjP  '],
  'JPEG XL': ['\xff\x0a', '\0\0\0\x0cJXL '],
  Photoshop: ['8BPS'],
  PDF: ['%PDF'],
};

const SVG = /^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]/is;

/** @param head the first `HEAD_BYTES` of a file, or all of a shorter one. @returns undefined where it is no picture */
export function formatOf(head: Buffer): PictureFormat | undefined {
  const text = head.toString('latin1', 0, HEAD_BYTES);
  const among = (formats: Readonly<Record<string, readonly string[]>>) =>
    Object.keys(formats).find((name) => formats[name]!.some((beginning) => begins(text, beginning)));
  const read = among(READ);
  if (read !== undefined) return { name: read, isRead: true };
  const other = SVG.test(text) ? 'SVG' : among(NOT_READ);
  if (other === undefined) return undefined;
  // A file of AVIF may name a general brand first and its own later.
  return other === 'HEIC' && text.slice(0, 64).includes('avif')
    ? { name: 'AVIF', isRead: true }
    : { name: other, isRead: false };
}

function begins(text: string, beginning: string): boolean {
  return (
    text.length >= beginning.length && [...beginning].every((byte, at) => byte === '?' || byte === text[at])
  );
}
