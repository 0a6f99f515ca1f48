/** Reads ImageNet's development kit: the WordNet ids of its class numbers, and the labels of the validation images. */
import { join } from 'node:path';
import { DatasetError } from '../errors.ts';
import { type MatValue, readMat } from '../readers/mat.ts';
import { readLines } from './official-files.ts';

export interface Devkit {
  /** WordNet ids of the classes, in alphabetical order. */
  wordNetIds: readonly string[];
  /** WordNet id of each validation image, in the order of the images' names. */
  validationIds: readonly string[];
}

/**
 * Reads the ground truth and `data/meta.mat`, an array of structures. Structures without children are the classes.
 * @throws {DatasetError} naming the file if it contradicts the kit's readme.txt
 */
export async function readDevkit(root: string, folder: string): Promise<Devkit> {
  const meta = join(root, folder, 'data', 'meta.mat');
  const synsets = (await readMat(meta)).get('synsets');
  if (synsets?.kind !== 'struct')
    throw new DatasetError(`${meta} has no structures called synsets.`, 'corrupt');
  const idOf = new Map<number, string>();
  for (const synset of synsets.values) {
    if (numberIn(synset, 'num_children', meta) !== 0) continue;
    const wordNetId = synset.get('WNID');
    if (wordNetId?.kind !== 'text') throw new DatasetError(`${meta} has a class without WNID.`, 'corrupt');
    idOf.set(numberIn(synset, 'ILSVRC2012_ID', meta), wordNetId.value);
  }
  const truth = join(root, folder, 'data', 'ILSVRC2012_validation_ground_truth.txt');
  const validationIds = (await readLines(truth, 1)).map(([number], i) => {
    const wordNetId = idOf.get(Number(number));
    if (wordNetId !== undefined) return wordNetId;
    throw new DatasetError(`${truth}, line ${i + 1}: ${number} is no class of ${meta}.`, 'corrupt');
  });
  return { wordNetIds: [...idOf.values()].sort(), validationIds };
}

function numberIn(synset: ReadonlyMap<string, MatValue>, field: string, file: string): number {
  const value = synset.get(field);
  const number = value?.kind === 'numbers' ? value.values[0] : undefined;
  if (number === undefined) throw new DatasetError(`${file} has a class without ${field}.`, 'corrupt');
  return number;
}
