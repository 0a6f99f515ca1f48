/** What the user asked `clce compare` for. It decides the plan, and stands beside it. */
import { basename, join, relative, resolve } from 'node:path';
import type { PictureFolder } from '@clce/datasets';
import type { SuiteFile } from '@clce/experiments';
import type { CompareRequest, MeasureName } from './plan/comparison-preset.ts';

export interface CompareFlags {
  readonly losses: readonly string[];
  readonly lossFile?: readonly string[];
  /** In seconds. */
  readonly budget: number;
  /** `NAME` or `NAME=FILE`. */
  readonly backbone: string;
  readonly imageSize?: number;
  readonly normalisation?: 'imagenet' | 'inception';
  readonly measure: readonly MeasureName[];
  readonly groupPattern?: string;
  readonly groups?: string;
  readonly skipBroken?: boolean;
  readonly flip: boolean;
  readonly margin: number;
  readonly seed: number;
  readonly engine: string;
}

/** Paths are relative to the folder of the comparison, which may move together with its pictures. */
export interface Asked {
  readonly folder: string;
  readonly losses: readonly string[];
  readonly lossFiles: readonly string[];
  readonly budget: number;
  readonly backbone: string;
  readonly weights?: string;
  readonly normalisation?: 'imagenet' | 'inception';
  readonly imageSize: number;
  readonly measures: readonly MeasureName[];
  readonly groupPattern?: string;
  readonly groups?: string;
  readonly skipBroken?: true;
  readonly flip: boolean;
  readonly margin: number;
  readonly seed: number;
  readonly engine: string;
}

/** @param out the folder of the comparison */
export function askedOf(folder: string, out: string, flags: CompareFlags): Asked {
  const placed = (path: string) => relative(resolve(out), resolve(path));
  const {
    losses,
    lossFile = [],
    budget,
    measure,
    normalisation,
    groupPattern,
    groups,
    flip,
    margin,
    seed,
    engine,
  } = flags;
  const [backbone, weights] = backboneOf(flags.backbone);
  return {
    folder: placed(folder),
    ...{ losses, lossFiles: lossFile.map(placed), budget, backbone },
    ...(weights !== undefined && { weights: placed(weights) }),
    ...(normalisation !== undefined && { normalisation }),
    imageSize: flags.imageSize ?? (backbone === 'conv4' ? 32 : 64),
    measures: measure,
    ...(groupPattern !== undefined && { groupPattern }),
    ...(groups !== undefined && { groups: placed(groups) }),
    ...(flags.skipBroken === true && { skipBroken: true }),
    ...{ flip, margin, seed, engine },
  };
}

/** `NAME` or `NAME=FILE`. */
function backboneOf(text: string): [name: string, weights: string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** The name of a folder's data set: `Holiday photos` is `holiday-photos`. */
export function datasetName(folder: string): string {
  const words = basename(resolve(folder))
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.filter((word) => word !== '').join('-') || 'pictures';
}

/** @param out the folder of the comparison, from where paths are taken; as they stand in its files without it */
export function requestOf(asked: Asked, dataset: string, batchSize: number, out = ''): CompareRequest {
  const { weights, normalisation, ...rest } = asked;
  return {
    ...rest,
    ...{ dataset, batchSize },
    ...(weights !== undefined && { weights: join(out, weights) }),
    ...(normalisation !== undefined && { normalisation }),
  };
}

/** The entries of the suite's file beside its preset. */
export function suiteFileOf(asked: Asked, dataset: string): SuiteFile {
  const { folder, groupPattern, groups, skipBroken, lossFiles } = asked;
  return {
    pictures: {
      [dataset]: {
        folder,
        ...(groupPattern !== undefined && { groupPattern }),
        ...(groups !== undefined && { groups }),
        ...(skipBroken && { skipBroken }),
      },
    },
    ...(lossFiles.length > 0 && { lossFiles }),
  };
}

/** The pictures, by paths from the working directory. */
export function picturesAsked(asked: Asked, dataset: string, out: string): PictureFolder {
  const { folder, groupPattern, groups, skipBroken } = asked;
  return {
    ...{ name: dataset, folder: join(out, folder) },
    ...(groupPattern !== undefined && { groups: { pattern: groupPattern } }),
    ...(groups !== undefined && { groups: { file: join(out, groups) } }),
    ...(skipBroken && { skipBroken }),
  };
}
