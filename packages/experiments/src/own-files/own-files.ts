/**
 * Losses and data sets of the user's, in files outside this project. Each process that is to know them adds them to its registries:
 * the one that plans the cells, and every worker.
 */
import {
  addDataset,
  addDatasetAdapter,
  type DatasetSource,
  type PictureFolder,
  pictureFolder,
} from '@clce/datasets';
import { canonicalJson } from '@clce/files';
import { addLoss, checkLoss, type LossCheck, type LossDefinition } from '@clce/losses';
import { UserError } from '@clce/registry';
import { importOwn, placed } from './own-module.ts';

/** A module, or a folder of pictures. Paths are absolute. */
export type OwnFile =
  | { readonly kind: 'loss' | 'dataset'; readonly path: string }
  | { readonly kind: 'pictures'; readonly pictures: PictureFolder };

/**
 * A file as the process that plans the cells has read it. `sources` is the SHA-256 of a module and of those that it imports. It is
 * empty for pictures, whose manifest is part of a cell's key.
 */
export type PlannedFile = OwnFile & { readonly sources: string };

const added = new Map<string, Promise<PlannedFile>>();

/**
 * Adds what the files hold; a loss is tried on small batches first (`checkLoss`). A file that was added before is not read again:
 * a process goes on with the code that it has loaded.
 *
 * @throws UserError in one line: the file, the place in it where that is known, and what was expected
 */
export async function addOwnFiles(files: readonly OwnFile[]): Promise<PlannedFile[]> {
  const planned: PlannedFile[] = [];
  for (const file of files) planned.push(await addOnce(file, true));
  return planned;
}

/**
 * The same in a worker. It skips `checkLoss`, which the planning process has run.
 *
 * @throws UserError where a file has changed since
 */
export async function addPlannedFiles(files: readonly PlannedFile[]): Promise<void> {
  for (const { sources, ...file } of files) {
    const found = await addOnce(file, false);
    if (found.sources === sources || file.kind === 'pictures') continue;
    throw new UserError(`${file.path} has changed since this cell was planned; start the run again`);
  }
}

function addOnce(file: OwnFile, check: boolean): Promise<PlannedFile> {
  const name = file.kind === 'pictures' ? canonicalJson(file.pictures) : file.path;
  const before = added.get(name);
  if (before !== undefined) return before;
  const adding = add(file, check);
  added.set(name, adding);
  return adding;
}

async function add(file: OwnFile, check: boolean): Promise<PlannedFile> {
  if (file.kind === 'pictures') {
    addDatasetAdapter(pictureFolder(file.pictures));
    return { ...file, sources: '' };
  }
  const { kind, path } = file;
  const { exported, sources } = await importOwn(path);
  await inFile(path, async () => {
    if (kind === 'dataset') {
      const source = requireExport<DatasetSource>(exported, 'a data set, { name, … }', 'distributions');
      addDataset(source, sources);
      return;
    }
    const loss = requireLoss(exported);
    if (check) await checkLoss(loss);
    addLoss({ ...loss, sources });
  });
  return { kind, path, sources };
}

/**
 * `checkLoss` of a file.
 *
 * @throws UserError as `addOwnFiles` does
 */
export async function checkLossFile(path: string): Promise<LossCheck & { readonly name: string }> {
  const { exported } = await importOwn(path);
  return inFile(path, async () => {
    const loss = requireLoss(exported);
    return { name: loss.name, ...(await checkLoss(loss)) };
  });
}

async function inFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new UserError(placed(error, path), { cause: error });
  }
}

function requireLoss(exported: unknown): LossDefinition & { readonly id: string } {
  const loss = requireExport<LossDefinition>(exported, 'defineLoss({ … })', 'evaluate');
  const { id, name } = loss;
  if (id !== undefined) return { ...loss, id };
  throw new UserError(
    `id must be a text that no other loss "${name}" has, such as "${name}-of-jane", got undefined`,
  );
}

/** @throws UserError unless it is an object with that entry */
function requireExport<T>(exported: unknown, expected: string, entry: keyof T & string): T {
  if (exported === undefined)
    throw new UserError(`there is no default export; expected "export default" and ${expected}`);
  if (typeof exported === 'object' && exported !== null && entry in exported) return exported as T;
  throw new UserError(`the default export is not ${expected}`);
}
