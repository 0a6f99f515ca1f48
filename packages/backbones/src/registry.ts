import { unknownName } from '@clce/names';
import type { Backbone } from './backbone.ts';
import { conv4 } from './conv4.ts';
import { resnet12 } from './resnet12.ts';
import { vits } from './vit.ts';

export const backbones: readonly Backbone[] = [conv4, resnet12, ...vits];

/** The backbone of that name. @throws RangeError naming the choices */
export function getBackbone(name: string): Backbone {
  const found = backbones.find((backbone) => backbone.name === name);
  if (found === undefined) {
    throw new RangeError(
      unknownName(
        'backbone',
        name,
        backbones.map((backbone) => backbone.name),
      ),
    );
  }
  return found;
}
