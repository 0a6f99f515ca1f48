/** `clce export-graph SUITE`: the training step of a suite's first cell, for any ONNX Runtime. */

import { saveSafetensors } from '@clce/backbones';
import { openWeights, type TrainingSpec, trainingGraph, withSides } from '@clce/experiments';
import { writeFile } from '@clce/files';
import { loadDataset } from '../run/load-dataset.ts';
import { RunError } from '../run/run-error.ts';
import { planSuite, type SuiteOptions } from '../run/suite-options.ts';

export async function exportGraph(
  suite: string,
  { out, ...options }: SuiteOptions & { readonly out: string },
): Promise<void> {
  const { plan, preset, inputPaths } = await planSuite(suite, options);
  const cell = plan.find(({ spec }) => spec.kind === 'training');
  if (cell === undefined) throw new RunError('the preset has no cell that trains');
  const spec = cell.spec as TrainingSpec;
  const { name, split } = spec.dataset;
  const dataset = withSides(await loadDataset(name, options.dataRoot, preset.imageSize), split);
  const weights =
    spec.weights === undefined ? undefined : await openWeights(spec.backbone, inputPaths[spec.weights]!);
  const { bytes, feeds, updates, outputs } = await trainingGraph(spec, dataset, weights);
  await writeFile(out, [bytes]);
  const feedsFile = `${out}.feeds.safetensors`;
  await saveSafetensors(feedsFile, feeds, { updates: JSON.stringify(updates), cell: cell.label });
  console.log(`${out}: ${cell.label}, ${bytes.length} bytes`);
  for (const [name, { dtype, shape }] of Object.entries(feeds)) {
    if (!name.startsWith('state/')) console.log(`input   ${name} ${dtype} [${shape.join(', ')}]`);
  }
  console.log(
    `state   ${Object.keys(updates).length} tensors that each step replaces: state/NAME from update/NAME`,
  );
  for (const name of outputs) console.log(`output  ${name}`);
  console.log(`${feedsFile}: the first batch and the initial state`);
}
