/** `clce doctor`: checks what works on this machine, and says how to get the rest. */
import { type Diagnosis, diagnose, engineVersions } from '@clce/engine';
import Table from 'cli-table3';
import { plainTable } from '../print/plain-table.ts';

export async function doctor(): Promise<void> {
  const table = new Table({
    head: ['engine', 'works', 'gradients', 'why not, or what it is'],
    ...plainTable,
    wordWrap: true,
    colWidths: [16, 7, 11, 100],
  });
  for (const { engine, fault, gradientError } of await diagnose()) {
    table.push([
      engine,
      fault === undefined ? 'yes' : 'no',
      gradientError?.toExponential(1) ?? '–',
      fault ?? WHAT[engine] ?? '',
    ]);
  }
  console.log(table.toString());
  console.log('gradients: largest difference from TensorFlow.js’s own, over the largest entry');
  const versions = Object.entries({ node: process.version, ...engineVersions() });
  console.log(versions.map(([name, version]) => `${name} ${version}`).join(', '));
}

const WHAT: Readonly<Record<Diagnosis['engine'], string>> = {
  onnx: 'the native engine on the CPU; what `auto` takes',
  'onnx-cuda': 'the native engine on NVIDIA GPUs',
  'onnx-webgpu': 'the native engine on GPUs through WebGPU',
  'onnx-dml': 'the native engine through DirectML',
  'onnx-coreml': 'the native engine through CoreML',
  'tfjs-node-gpu': 'TensorFlow.js on libtensorflow and CUDA',
  'tfjs-node': 'TensorFlow.js on libtensorflow',
  cpu: 'TensorFlow.js in plain JavaScript: slow, the oracle',
};
