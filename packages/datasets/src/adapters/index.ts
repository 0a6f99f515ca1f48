// Every set that is read from official files, one line each, in alphabetical order.
export { caltech256 } from './caltech-256.ts';
export { cifar100 } from './cifar-100.ts';
export { cifarFs } from './cifar-fs.ts';
export { cub200 } from './cub-200-2011.ts';
export { fashionMnist } from './fashion-mnist.ts';
export { fc100 } from './fc100.ts';
export { folder } from './folder.ts';
export { imagenet1k } from './imagenet-1k.ts';
export { inaturalist2017 } from './inaturalist-2017.ts';
export { miniImagenet } from './mini-imagenet.ts';
export { oxford102Flowers } from './oxford-102-flowers.ts';
export { oxfordIiitPets } from './oxford-iiit-pets.ts';
export { places365 } from './places365.ts';
export { tieredImagenet } from './tiered-imagenet.ts';
