import { unknownName } from '@clce/names';
import type { Backbone } from './backbone.ts';
import { beit3Base, beit3Large } from './beit3.ts';
import { conv4 } from './conv4.ts';
import { mobilenetv2 } from './mobilenetv2.ts';
import { mobilenetv2OpenImages } from './mobilenetv2-openimages.ts';
import { resnets } from './resnet.ts';
import { resnet12, resnet12Wide } from './resnet12.ts';
import { vits } from './vit.ts';

export const backbones: readonly Backbone[] = [
  conv4,
  resnet12,
  resnet12Wide,
  ...resnets,
  mobilenetv2,
  mobilenetv2OpenImages,
  ...vits,
  beit3Base,
  beit3Large,
];

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
