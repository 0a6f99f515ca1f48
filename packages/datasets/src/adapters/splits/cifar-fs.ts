/**
 * CIFAR-FS: CIFAR-100's classes on each side, drawn at random by Bertinetto et al., "Meta-learning with differentiable
 * closed-form solvers", ICLR 2019. Source of the lists: pytorch-meta (Deleu et al.),
 * torchmeta/datasets/assets/cifar100/cifar-fs/{train,val,test}.json, which holds the authors' split.
 */
import { words } from './words.ts';

export const CIFAR_FS_CLASSES = {
  base: words(`
    dolphin seal aquarium_fish ray trout orchid sunflower tulip bottle bowl can cup plate apple mushroom
    orange pear clock keyboard chair couch bee caterpillar cockroach bear lion tiger wolf bridge castle
    house road skyscraper cloud forest mountain elephant kangaroo porcupine possum raccoon skunk lobster
    spider boy girl dinosaur lizard snake turtle hamster mouse rabbit shrew squirrel oak_tree palm_tree
    pine_tree willow_tree bus train lawn_mower streetcar tank
  `),
  validation: words(`
    beaver otter flatfish shark lamp television beetle butterfly sea camel cattle crab crocodile
    maple_tree motorcycle tractor
  `),
  novel: words(`
    whale poppy rose sweet_pepper telephone bed table wardrobe leopard plain chimpanzee fox snail worm
    baby man woman bicycle pickup_truck rocket
  `),
} as const;
