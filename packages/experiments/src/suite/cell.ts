/**
 * A cell is one training run with its evaluation, or one baseline without training. Its specification holds everything that the
 * result depends on, and nothing else. The cell's key is a hash of the specification.
 */
import { getDataset } from '@clce/datasets';
import type { LossParameters } from '@clce/losses';
import { findLoss } from '@clce/losses';
import { NUMERICS_VERSION, type WithFacts } from '@clce/results';
import { factsOf } from './facts-of.ts';
import type { Normalisation } from './normalisation-names.ts';
import { EPISODES } from './pretrained.ts';
import { type FrozenModel, type Method, type Preset, type Recipe, recipeOf, titleOf } from './suite.ts';

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
  /** SHA-256 of the file of pretrained weights. Random weights where absent. */
  readonly weights?: string;
  /** The loss with all of its parameters. The id tells losses of the same name apart. */
  readonly loss: { readonly name: string; readonly id?: string; readonly parameters: LossParameters };
  readonly recipe: Recipe;
  readonly batchSize: number;
  readonly seed: number;
}

/** The protocol on raw pixels, a baseline without any training. */
export interface PixelsSpec extends CommonSpec {
  readonly kind: 'pixels';
}

/** A pretrained extractor that is not trained further, the baseline for fine-tuning. */
export interface FrozenSpec extends CommonSpec {
  readonly kind: 'frozen';
  /** A backbone, or an ONNX model by its name in the preset. */
  readonly extractor:
    | { readonly kind: 'backbone'; readonly name: string }
    | ({ readonly kind: 'onnx'; readonly name: string } & Omit<FrozenModel, 'file' | 'normalisation'>);
  /** SHA-256 of the file. */
  readonly weights: string;
  readonly normalisation: Normalisation;
}

export type CellSpec = TrainingSpec | PixelsSpec | FrozenSpec;

/** A specification, and the label and facts that people see. The result depends on the specification alone. */
export interface LabelledSpec extends WithFacts {
  readonly spec: CellSpec;
  readonly label: string;
}

/**
 * All cells of a preset, in the order of the tables: for each data set the pixel baseline, the frozen extractors, then the
 * training runs. `roundsOf` gives the order in which they run.
 *
 * @param manifestHashes hash of each data set's manifest
 * @param fileHashes hash of each backbone's and frozen model's file, and of the file of episodes
 */
export function expand(
  preset: Preset,
  manifestHashes: ReadonlyMap<string, string>,
  fileHashes: ReadonlyMap<string, string> = new Map(),
): LabelledSpec[] {
  const { kind } = preset.protocol;
  const episodeFile = fileHashes.get(EPISODES);
  const protocol =
    kind === 'few-shot' && episodeFile !== undefined ? { ...preset.protocol, episodeFile } : preset.protocol;
  return preset.datasets.flatMap((name) => {
    const manifestHash = manifestHashes.get(name);
    if (manifestHash === undefined) throw new TypeError(`no manifest hash of data set ${name}`);
    const common: CommonSpec = {
      numericsVersion: NUMERICS_VERSION,
      dataset: { name, manifestHash, imageSize: preset.imageSize },
      protocol,
      engine: preset.engine,
    };
    const cells: LabelledSpec[] = [
      labelled({ kind: 'pixels', ...common, ...onPixels(protocol) }),
      ...frozenSpecs(preset, fileHashes).map((frozen) => labelled({ kind: 'frozen', ...common, ...frozen })),
    ];
    const { mirrorable = true } = getDataset(name);
    for (const backbone of preset.backbones) {
      const weights = fileHashes.get(backbone);
      // Thousands of cells share these objects.
      const methods = preset.losses.map((method) => ({
        title: titleOf(method),
        loss: lossOf(method),
        recipe: cellRecipe(recipeOf(preset, backbone, method), mirrorable),
      }));
      for (const batchSize of preset.batchSizes) {
        for (const seed of preset.seeds) {
          for (const { title, loss, recipe } of methods) {
            const spec: TrainingSpec = {
              kind: 'training',
              ...common,
              backbone,
              ...(weights !== undefined && { weights }),
              loss,
              recipe,
              batchSize,
              seed,
            };
            cells.push(labelled(spec, title));
          }
        }
      }
    }
    return cells;
  });
}

/** @param mirrorable whether the mirror image of a picture shows the same class */
function cellRecipe(recipe: Preset['recipe'], mirrorable: boolean): Recipe {
  return { ...recipe, horizontalFlip: recipe.horizontalFlip ?? mirrorable };
}

/** All parameters of a method. `checkPreset` has checked them. */
function lossOf({ name, parameters }: Method): TrainingSpec['loss'] {
  const { id, defaults } = findLoss(name);
  return { name, ...(id !== undefined && { id }), parameters: { ...defaults, ...parameters } };
}

/** The frozen cells: backbones that start from a file, and the ONNX models of the preset. */
function frozenSpecs(
  preset: Preset,
  fileHashes: ReadonlyMap<string, string>,
): Pick<FrozenSpec, 'extractor' | 'weights' | 'normalisation'>[] {
  const backbones = preset.backbones.flatMap((name) => {
    const weights = fileHashes.get(name);
    if (weights === undefined) return [];
    const normalisation: Normalisation = recipeOf(preset, name).normalisation ?? 'data';
    return [{ extractor: { kind: 'backbone' as const, name }, weights, normalisation }];
  });
  const models = Object.entries(preset.frozen ?? {}).map(([name, { file: _, normalisation, ...options }]) => {
    const extractor = { kind: 'onnx' as const, name, ...options };
    return {
      extractor,
      weights: fileHashes.get(name)!,
      normalisation: normalisation ?? ('imagenet' as const),
    };
  });
  return [...backbones, ...models];
}

/** The classifier that needs neither training nor a choice. */
function onPixels(protocol: Preset['protocol']): { protocol: Preset['protocol'] } {
  return protocol.kind === 'few-shot'
    ? { protocol: { ...protocol, classifiers: ['nearest-centroid'] } }
    : { protocol: { ...protocol, classifiers: ['k-nn'] } };
}

function labelled(spec: CellSpec, method = 'none'): LabelledSpec {
  return { label: labelOf(spec, method), spec, facts: factsOf(spec, method) };
}

/** The name of a cell in lists and progress lines. */
function labelOf(spec: CellSpec, method: string): string {
  if (spec.kind === 'pixels') return `${spec.dataset.name} · raw pixels`;
  if (spec.kind === 'frozen') return `${spec.dataset.name} · ${spec.extractor.name} · frozen`;
  const { dataset, backbone, batchSize, seed } = spec;
  return `${dataset.name} · ${backbone} · ${method} · batch ${batchSize} · seed ${seed}`;
}
