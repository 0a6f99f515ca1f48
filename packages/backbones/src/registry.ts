import { registry } from '@clce/registry';
import type { Backbone } from './backbone.ts';
import { beit3Base, beit3Large } from './beit3.ts';
import { conv4 } from './conv4.ts';
import { mobilenetv2 } from './mobilenetv2.ts';
import { mobilenetv2OpenImages } from './mobilenetv2-openimages.ts';
import { resnets } from './resnet.ts';
import { resnet12, resnet12Wide } from './resnet12.ts';
import { vits } from './vit.ts';

const registered = registry<Backbone>('backbone', [
  conv4,
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

/** The backbone of that name. @throws UserError naming the choices */
export const getBackbone = registered.get;
