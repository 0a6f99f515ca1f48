/**
 * Cells: one training run with its evaluation, or one baseline without training.
 *
 * A cell's specification holds everything that its result depends on, and nothing else; its key is a hash of it.
 */
import type { LossParameters } from '@clce/losses';
import { findLoss } from '@clce/losses';
import { NUMERICS_VERSION } from './numerics-version.ts';
import { type Preset, type Recipe, titleOf } from './suite.ts';

interface CommonSpec {
  readonly numericsVersion: number;
  readonly dataset: { readonly name: string; readonly manifestHash: string; readonly imageSize: number };
  readonly protocol: Preset['protocol'];
  readonly engine: string;
}

/** A backbone fine-tuned or trained with one loss, then frozen and evaluated. */
export interface TrainingSpec extends CommonSpec {
  readonly kind: 'training';
  readonly backbone: string;
  /** SHA-256 of the file of pretrained weights; absent: random weights. */
  readonly weights?: string;
  readonly loss: { readonly name: string; readonly parameters: LossParameters };
  readonly recipe: Recipe;
  readonly batchSize: number;
  readonly seed: number;
}

/** The same protocol on the pixels themselves: what no training at all gives. */
export interface PixelsSpec extends CommonSpec {
  readonly kind: 'pixels';
}

export type CellSpec = TrainingSpec | PixelsSpec;

/** A cell and what tables call its row, which its result does not depend on. */
export interface Cell {
  readonly spec: CellSpec;
  readonly method: string;
}

/**
 * All cells of a preset: for each data set the pixel baseline, then every training run.
 *
 * @param manifestHashes by data set
 * @param weightHashes by backbone, of the files that the preset names
 */
export function expand(
  preset: Preset,
  manifestHashes: ReadonlyMap<string, string>,
  weightHashes: ReadonlyMap<string, string> = new Map(),
): Cell[] {
  return preset.datasets.flatMap((name) => {
    const manifestHash = manifestHashes.get(name);
    if (manifestHash === undefined) throw new TypeError(`no manifest hash of data set ${name}`);
    const common: CommonSpec = {
      numericsVersion: NUMERICS_VERSION,
      dataset: { name, manifestHash, imageSize: preset.imageSize },
      protocol: preset.protocol,
      engine: preset.engine,
    };
    const cells: Cell[] = [
      { spec: { kind: 'pixels', ...common, ...onPixels(preset.protocol) }, method: 'none' },
    ];
    for (const backbone of preset.backbones) {
      const weights = weightHashes.get(backbone);
      for (const batchSize of preset.batchSizes) {
        // Seeds outside losses: after an interruption, what is there is a complete comparison of the first seeds.
        for (const seed of preset.seeds) {
          for (const method of preset.losses) {
            const { name: loss, parameters, recipe } = method;
            const spec: TrainingSpec = {
              kind: 'training',
              ...common,
              backbone,
              ...(weights !== undefined && { weights }),
              loss: { name: loss, parameters: findLoss(loss).resolve(parameters) },
              recipe: { ...preset.recipe, ...recipe } as Recipe,
              batchSize,
              seed,
            };
            cells.push({ spec, method: titleOf(method) });
          }
        }
      }
    }
    return cells;
  });
}

/** The one classifier that needs neither training nor a choice. */
function onPixels(protocol: Preset['protocol']): { protocol: Preset['protocol'] } {
  return protocol.kind === 'few-shot'
    ? { protocol: { ...protocol, classifiers: ['nearest-centroid'] } }
    : { protocol: { ...protocol, classifiers: ['k-nn'] } };
}

/** How people see a cell in lists and progress lines. */
export function cellLabel({ spec, method }: Cell): string {
  if (spec.kind === 'pixels') return `${spec.dataset.name} · raw pixels`;
  const { dataset, backbone, batchSize, seed } = spec;
  return `${dataset.name} · ${backbone} · ${method} · batch ${batchSize} · seed ${seed}`;
}
