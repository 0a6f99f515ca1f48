import {
  tinyCifar100,
  tinyCifarFs,
  tinyFc100,
  tinyMiniImagenet,
  tinyTieredImagenet,
} from './few-shot-sets.ts';
import { type Encode, encodePng, type TinySet } from './tiny-set.ts';
import {
  tinyCaltech,
  tinyCub,
  tinyFashion,
  tinyFlowers,
  tinyImagenet,
  tinyInaturalist,
  tinyPets,
  tinyPlaces,
} from './transfer-sets.ts';

/** A miniature of every benchmark. Picture files are PNG by default. */
export function tinySets(encode: Encode = encodePng): TinySet[] {
  return [
    tinyCaltech(encode),
    tinyCifar100(),
    tinyCifarFs(),
    tinyCub(encode),
    tinyFashion(),
    tinyFc100(),
    tinyImagenet(encode, ['n01443537', 'n01440764', 'n02085620']),
    tinyInaturalist(encode),
    tinyMiniImagenet(encode),
    tinyFlowers(encode),
    tinyPets(encode),
    tinyPlaces(encode),
    tinyTieredImagenet(encode),
  ];
}
