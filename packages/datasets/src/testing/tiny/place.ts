import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DatasetSource } from '../../adapter.ts';
import { fetchDataset } from '../../fetch/fetch-dataset.ts';
import type { TinySet } from './tiny-set.ts';

/** Places the archives of a miniature, and of the set that it reads, below `dataRoot` and unpacks them, as a user would. */
export async function placeMiniature(
  dataRoot: string,
  { source, distributions }: TinySet,
  name: string,
): Promise<void> {
  const distribution = distributions.find((candidate) => candidate.name === name)!;
  const others: DatasetSource[] = [];
  if (distribution.from !== undefined) {
    const [other, form] = distribution.from;
    await placeMiniature(dataRoot, other, form);
    others.push(other.source);
  }
  for (const [path, content] of Object.entries(distribution.placed ?? {})) {
    await writeWhole(join(dataRoot, source.name, 'extracted', path), content);
  }
  const declared = source.distributions.find((candidate) => candidate.name === name)!;
  for (const file of declared.files) {
    await writeWhole(join(dataRoot, source.name, 'archives', file.name), distribution.archives[file.name]!);
  }
  await fetchDataset(source, {
    dataRoot,
    distribution: name,
    sourceNamed: (wanted) => others.find((other) => other.name === wanted)!,
  });
}

async function writeWhole(path: string, content: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
