import type { HostTensors } from '@clce/engine';
import type { Backbone } from '../backbone.ts';
import { saveSafetensors } from './formats/safetensors.ts';
import { toTorch } from './layout.ts';

/**
 * Writes trained weights so that PyTorch loads them: safetensors with timm's names and PyTorch's layouts. The file
 * includes the linear head under timm's name, but not the projection head, which serves training only.
 *
 * @param weights parameters, running statistics and `head.*`, by our names
 * @throws FileWriteError
 */
export async function saveWeights(
  path: string,
  { name: architecture, classifier }: Backbone,
  weights: HostTensors,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const tensors = Object.entries(weights)
    .filter(([name]) => !name.startsWith('projection.'))
    .map(
      ([name, tensor]) =>
        [name.replace(/^head\./, `${classifier ?? 'head'}.`), toTorch(name, tensor)] as const,
    );
  await saveSafetensors(path, Object.fromEntries(tensors), { format: 'pt', architecture, ...metadata });
}
