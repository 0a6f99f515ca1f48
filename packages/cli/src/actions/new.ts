/** `clce new …` writes files and names them. */
import { newBackbone } from '@clce/backbones';
import { newDataset } from '@clce/datasets';

export async function dataset(name: string, repository: string): Promise<void> {
  for (const path of await newDataset(name, repository)) console.log(path);
}

export async function backbone(name: string, repository: string): Promise<void> {
  for (const path of await newBackbone(name, repository)) console.log(path);
}
