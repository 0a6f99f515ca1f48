import { readRange } from './formats/file-range.ts';
import { openPth } from './formats/pth.ts';
import { openSafetensors } from './formats/safetensors.ts';
import { openTflite } from './formats/tflite.ts';
import { type WeightFile, WeightFileError } from './weight-file.ts';

/**
 * Opens a file of weights: safetensors, PyTorch's zip archive or TensorFlow Lite. The first bytes, not the name, decide
 * the format.
 *
 * @throws WeightFileError that names the file and the fault
 */
export async function openWeightFile(path: string): Promise<WeightFile> {
  const start = Buffer.from(await readRange(path, 0, 9)).toString('latin1');
  if (start.startsWith('PK')) return openPth(path);
  if (start.slice(4, 8) === 'TFL3') return openTflite(path);
  if (start[8] === '{') return openSafetensors(path);
  if (start.startsWith('\x80')) return openPth(path);
  throw new WeightFileError(
    `${path} is no weight file: expected safetensors, .pth of PyTorch 1.6 or later, or .tflite`,
    'format',
  );
}
