import { registry } from '@clce/registry';
import { beit3Base, beit3Large } from './architectures/beit3.ts';
import { conv4, conv4Signed } from './architectures/conv4.ts';
import { mobilenetv2 } from './architectures/mobilenetv2.ts';
import { mobilenetv2OpenImages } from './architectures/mobilenetv2-openimages.ts';
import { resnets } from './architectures/resnet.ts';
import { resnet12, resnet12Wide } from './architectures/resnet12.ts';
import { vits } from './architectures/vit.ts';
import type { Backbone } from './backbone.ts';

const registered = registry<Backbone>('backbone', [
  conv4,
  conv4Signed,
  resnet12,
  resnet12Wide,
  ...resnets,
  mobilenetv2,
  mobilenetv2OpenImages,
  ...vits,
  beit3Base,
  beit3Large,
]);

export const backbones = registered.entries;

/** The backbone of the given name. @throws UserError naming the closest choice and all choices */
export const getBackbone = registered.get;
