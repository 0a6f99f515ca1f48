/**
 * Matches a file's tensors with a backbone's. It finds the naming scheme, converts layouts, checks every shape, and
 * reports matched, missing and surplus tensors.
 */
import { type HostTensors, type Shape, sameShape } from '@clce/engine';
import type { Backbone, NameMap } from '../backbone.ts';
import { fromFile, shapeFromFile } from './layout.ts';
import { resizePositions } from './resize-positions.ts';
import { type StoredTensor, type WeightFile, WeightFileError } from './weight-file.ts';

export interface WeightMatch {
  /** The file's naming scheme: `own` (timm's, or the official names), or a key of the backbone's `otherNames`. */
  readonly naming: string;
  /** The file's tensor for each matched tensor of the backbone. */
  readonly matched: ReadonlyMap<string, StoredTensor>;
  /** Required tensors of the backbone that the file lacks. */
  readonly missing: readonly string[];
  /** The file's tensors that the backbone does not have: heads, other branches, counters. */
  readonly leftOver: readonly string[];
  /** Tensors of a wrong shape, one line each. */
  readonly misshapen: readonly string[];
}

/** @param expected the backbone's tensors in our layout: parameters, statistics, and a head if one is wanted */
export function matchWeights(file: WeightFile, backbone: Backbone, expected: HostTensors): WeightMatch {
  const namings: [string, NameMap][] = [['own', ownName], ...Object.entries(backbone.otherNames ?? {})];
  const candidates = namings.map(([naming, map]) => assign(file, backbone, expected, naming, map));
  return candidates.reduce((best, next) => (next.matched.size > best.matched.size ? next : best));
}

/** @throws WeightFileError `mismatch` where a tensor is missing or has another shape */
export function requireMatch(file: WeightFile, backbone: Backbone, expected: HostTensors): WeightMatch {
  const match = matchWeights(file, backbone, expected);
  const [faults, what] =
    match.misshapen.length > 0 ? [match.misshapen, 'has other shapes'] : [match.missing, 'lacks'];
  if (faults.length > 0) {
    const more = faults.length > 3 ? ` and ${faults.length - 3} more` : '';
    throw new WeightFileError(
      `${file.path} ${what}: ${faults.slice(0, 3).join(', ')}${more}; is it a file for ${backbone.name}?`,
      'mismatch',
    );
  }
  return match;
}

/** The matched tensors in our layout. @throws WeightFileError as `requireMatch` does */
export async function readMatched(file: WeightFile, backbone: Backbone, expected: HostTensors) {
  const match = requireMatch(file, backbone, expected);
  const tensors: Record<string, HostTensors[string]> = {};
  // One after the other, because each read opens the file.
  for (const [name, stored] of match.matched) {
    const tensor = fromFile(file.format, name, await stored.read());
    const table = backbone.positions?.[name];
    const wanted = expected[name]!.shape;
    const fits = table === undefined || sameShape(tensor.shape, wanted);
    tensors[name] = fits ? tensor : resizePositions(tensor, wanted.at(-2)!, table);
  }
  return { match, tensors };
}

function assign(
  file: WeightFile,
  backbone: Backbone,
  expected: HostTensors,
  naming: string,
  map: NameMap,
): WeightMatch {
  const matched = new Map<string, StoredTensor>();
  const leftOver: string[] = [];
  const misshapen: string[] = [];
  for (const [fileName, stored] of file.tensors) {
    // DataParallel puts `module.` before every name.
    const name = map(fileName.replace(/^module\./, ''));
    const place = name !== undefined && Object.hasOwn(expected, name) ? expected[name] : undefined;
    if (name === undefined || place === undefined || matched.has(name)) {
      leftOver.push(fileName);
      continue;
    }
    const shape = shapeFromFile(file.format, name, stored.shape);
    if (sameShape(shape, place.shape) || resizable(backbone, name, shape, place.shape)) {
      matched.set(name, stored);
    } else {
      misshapen.push(`${name} is [${shape}] in the file and [${place.shape}] in the backbone`);
    }
  }
  const missing = Object.keys(expected).filter(
    (name) => !matched.has(name) && !backbone.optional?.includes(name),
  );
  return { naming, matched, missing, leftOver, misshapen };
}

/** Whether a tensor is a table of positions for another image size: the width is equal, both grids are square. */
function resizable(backbone: Backbone, name: string, shape: Shape, wanted: Shape): boolean {
  const table = backbone.positions?.[name];
  if (table === undefined || shape.length !== wanted.length || shape.at(-1) !== wanted.at(-1)) return false;
  return [shape, wanted].every((sides) => {
    const length = Math.sqrt(sides.at(-2)! - table.before);
    return length >= 1 && Number.isInteger(length);
  });
}

/** In timm and torchvision the classifier's name depends on the model: head, fc or classifier. */
function ownName(name: string): string {
  return name.replace(/^(fc|classifier)\.(weight|bias)$/, 'head.$2');
}
