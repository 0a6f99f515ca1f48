/**
 * A cell is one training run with its evaluation, or one baseline without training. Its specification holds everything that the
 * result depends on, and nothing else. The cell's key is a hash of the specification.
 */
import { getDataset, RESERVE_RULE, type ReserveSide } from '@clce/datasets';
import type { LossParameters } from '@clce/losses';
import { getLoss } from '@clce/losses';
import { type CellFacts, type EvaluatedOn, NUMERICS_VERSION, type WithFacts } from '@clce/results';
import type { ByFile, FileHash } from './input-files.ts';
import { learningRateOf } from './learning-rate.ts';
import { withoutIdleGroup } from './methods/group.ts';
import { imagesPerStep } from './methods/images.ts';
import { titleIn } from './methods/title.ts';
import type { Normalisation } from './normalisation-names.ts';
import { type FrozenModel, type Method, type Preset, type Recipe, recipeOf } from './preset.ts';

export interface DatasetSpec {
  readonly name: string;
  readonly manifestHash: string;
  readonly imageSize: number;
  /** The sides of a split with a reserve, which hash, rule and side determine. Absent: the official split. */
  readonly split?: ReserveSide & { readonly rule: number };
}

interface CommonSpec {
  readonly numericsVersion: number;
  readonly dataset: DatasetSpec;
  /** The preset's. `episodeFile` is the hash of the file in place of its path. */
  readonly protocol: Preset['protocol'];
  readonly engine: string;
}

/** A backbone fine-tuned or trained with one loss, then frozen and evaluated. */
export interface TrainingSpec extends CommonSpec {
  readonly kind: 'training';
  readonly backbone: string;
  /** The file of pretrained weights. Random weights where absent. */
  readonly weights?: FileHash;
  /** The loss with all of its parameters. The id tells losses of the same name apart. */
  readonly loss: { readonly name: string; readonly id?: string; readonly parameters: LossParameters };
  /** Without label smoothing, which is among the loss's parameters. */
  readonly recipe: Omit<Recipe, 'labelSmoothing'>;
  /** Images, where the recipe says so; otherwise samples. */
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
  /** The file of the extractor. */
  readonly weights: FileHash;
  readonly normalisation: Normalisation;
}

export type CellSpec = TrainingSpec | PixelsSpec | FrozenSpec;

/** A specification, and the label and facts that people see. The result depends on the specification alone. */
export interface LabelledSpec extends WithFacts {
  readonly spec: CellSpec;
  readonly label: string;
}

/** Where methods are compared, and tuned by themselves. */
export interface Setting {
  readonly dataset: string;
  readonly backbone: string;
  readonly batchSize: number;
}

/**
 * All cells of a preset, in the order of the tables: for each data set the pixel baseline, the frozen extractors, then the
 * training runs. `roundsOf` gives the order in which they run.
 *
 * @param manifestHashes hash of each data set's manifest
 * @param fileHashes hashes of the preset's files, see `inputFiles`
 * @param methodsAt the methods in a setting, if they are not the preset's everywhere
 */
export function expand(
  preset: Preset,
  manifestHashes: ReadonlyMap<string, string>,
  fileHashes: ByFile = NO_FILES,
  methodsAt: (setting: Setting) => readonly Method[] = () => preset.losses,
): LabelledSpec[] {
  const protocol = cellProtocol(preset, fileHashes);
  const sided = preset.datasets.flatMap((name) => sidesOf(preset).map((side) => ({ name, side })));
  return sided.flatMap(({ name, side }) => {
    const manifestHash = manifestHashes.get(name);
    if (manifestHash === undefined) throw new TypeError(`no manifest hash of data set ${name}`);
    const common: CommonSpec = {
      numericsVersion: NUMERICS_VERSION,
      dataset: {
        ...{ name, manifestHash, imageSize: preset.imageSize },
        ...(side && { split: { rule: RESERVE_RULE, ...side } }),
      },
      protocol,
      engine: preset.engine,
    };
    const cells: LabelledSpec[] = [
      labelled({ kind: 'pixels', ...common, ...onPixels(protocol) }),
      ...frozenSpecs(preset, fileHashes).map((frozen) => labelled({ kind: 'frozen', ...common, ...frozen })),
    ];
    const { mirrorable = true } = getDataset(name);
    for (const backbone of preset.backbones) {
      const weights = fileHashes.weights.get(backbone);
      for (const batchSize of preset.batchSizes) {
        // Thousands of cells share these objects.
        const methods = methodsAt({ dataset: name, backbone, batchSize }).map((method) => {
          const { labelSmoothing, ...recipe } = recipeOf(preset, backbone, method);
          return {
            title: titleIn(preset, method),
            loss: lossOf(method, labelSmoothing),
            recipe: withoutIdleGroup(method.name, cellRecipe(recipe, mirrorable), batchSize),
          };
        });
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

/** The sides of the data that the preset's cells use; undefined stands for the official split. */
export function sidesOf({ split }: Pick<Preset, 'split'>): readonly (ReserveSide | undefined)[] {
  if (split === undefined) return [undefined];
  const { side, folds } = split;
  const holds = split.holds === undefined ? {} : { holds: split.holds };
  // The schema has folds for confirmation.
  if (folds === undefined) return [{ side: 'development', ...holds }];
  const { use = Array.from({ length: folds }, (_, fold) => fold) } = split;
  return use.map((fold) => ({ side, folds, fold, ...holds }));
}

/** @param mirrorable whether the mirror image of a picture shows the same class */
function cellRecipe(recipe: Preset['recipe'], mirrorable: boolean): Recipe {
  return { ...recipe, horizontalFlip: recipe.horizontalFlip ?? mirrorable };
}

/** For presets without files. */
const NO_FILES: ByFile = { weights: new Map(), models: new Map(), episodes: undefined };

function cellProtocol({ protocol }: Preset, { episodes }: ByFile): Preset['protocol'] {
  if (protocol.kind === 'transfer' || episodes === undefined) return protocol;
  return { ...protocol, episodeFile: episodes };
}

/** All parameters of a method, label smoothing of its recipe among them. `checkPreset` has checked them. */
function lossOf({ name, parameters }: Method, labelSmoothing: number | undefined): TrainingSpec['loss'] {
  const { id, defaults } = getLoss(name);
  const smoothed = labelSmoothing !== undefined && 'labelSmoothing' in defaults ? { labelSmoothing } : {};
  return { name, ...(id !== undefined && { id }), parameters: { ...defaults, ...smoothed, ...parameters } };
}

/** The frozen cells: backbones that start from a file, and the ONNX models of the preset. */
function frozenSpecs(
  preset: Preset,
  fileHashes: ByFile,
): Pick<FrozenSpec, 'extractor' | 'weights' | 'normalisation'>[] {
  const backbones = preset.backbones.flatMap((name) => {
    const weights = fileHashes.weights.get(name);
    if (weights === undefined) return [];
    const normalisation: Normalisation = recipeOf(preset, name).normalisation ?? 'data';
    return [{ extractor: { kind: 'backbone' as const, name }, weights, normalisation }];
  });
  const models = Object.entries(preset.frozen ?? {}).map(([name, { file: _, normalisation, ...options }]) => {
    const extractor = { kind: 'onnx' as const, name, ...options };
    return {
      extractor,
      weights: fileHashes.models.get(name)!,
      normalisation: normalisation ?? ('imagenet' as const),
    };
  });
  return [...backbones, ...models];
}

/** The classifier that needs neither training nor a choice. */
function onPixels(protocol: Preset['protocol']): { protocol: Preset['protocol'] } {
  if (protocol.kind === 'transfer') return { protocol: { ...protocol, classifiers: ['k-nn'] } };
  const { seenClasses, ...fewShot } = protocol;
  return {
    protocol: {
      ...fewShot,
      classifiers: ['nearest-centroid'],
      ...(seenClasses && { seenClasses: { ...seenClasses, classifiers: ['k-nn'] } }),
    },
  };
}

function labelled(spec: CellSpec, method = 'none'): LabelledSpec {
  return { label: labelOf(spec, method), spec, facts: factsOf(spec, method) };
}

/**
 * The name of a cell in lists and progress lines.
 *
 * @param method title of the loss with its parameters; not read for baselines
 */
export function labelOf(spec: CellSpec, method: string): string {
  const { name, split } = spec.dataset;
  const side = split?.side === 'development' ? ' · development' : '';
  const fold = split?.folds === undefined ? '' : ` · fold ${split.fold} of ${split.folds}`;
  const held = split?.holds === undefined ? '' : ` · ${split.holds} held out`;
  const data = name + side + fold + held;
  if (spec.kind === 'pixels') return `${data} · raw pixels`;
  if (spec.kind === 'frozen') return `${data} · ${spec.extractor.name} · frozen`;
  const { backbone, batchSize, seed } = spec;
  return `${data} · ${backbone} · ${method} · batch ${batchSize} · seed ${seed}`;
}

/**
 * The facts of a cell that tables show.
 *
 * @param method title of the loss with its parameters; not read for baselines
 */
export function factsOf(spec: CellSpec, method: string): CellFacts {
  const { dataset, protocol } = spec;
  const common = {
    dataset: dataset.name,
    imageSize: dataset.imageSize,
    split: splitFacts(dataset.split),
    protocol: protocol.kind,
    evaluatedOn: evaluatedOn(protocol),
    way: protocol.kind === 'few-shot' ? protocol.way : null,
  };
  if (spec.kind === 'pixels') return { kind: 'pixels', ...common };
  if (spec.kind === 'frozen') {
    return { kind: 'frozen', ...common, backbone: spec.extractor.name, weights: spec.weights };
  }
  const { backbone, weights = null, loss, batchSize, seed, recipe } = spec;
  const learningRate = learningRateOf(recipe, batchSize);
  return {
    ...{ kind: 'training', ...common, backbone, weights, loss: method, batchSize, seed, learningRate },
    lossName: loss.name,
    parameters: loss.parameters,
    optimizer: recipe.optimizer,
    imagesPerStep: imagesPerStep(spec),
    contrastiveGroup: recipe.contrastiveGroup ?? null,
  };
}

/** The classes or samples that scores are measured on. */
export function evaluatedOn(protocol: Preset['protocol']): EvaluatedOn {
  return protocol.kind === 'few-shot' ? protocol.classes : protocol.partition;
}

function splitFacts(split: DatasetSpec['split']): CellFacts['split'] {
  if (split === undefined) return { kind: 'official', fold: null, folds: null };
  const { side: kind, fold = null, folds = null, holds } = split;
  return { kind, fold, folds, ...(holds && { holds }) };
}
