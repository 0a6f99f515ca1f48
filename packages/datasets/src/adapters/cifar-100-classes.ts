/**
 * CIFAR-100's classes by superclass, in the spelling of the data set's fine_label_names.txt and coarse_label_names.txt
 * (Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html). A label is the position of a name in alphabetical order.
 */
import { words } from './splits/words.ts';

export const CIFAR_100_SUPERCLASSES: Readonly<Record<string, readonly string[]>> = {
  aquatic_mammals: words('beaver dolphin otter seal whale'),
  fish: words('aquarium_fish flatfish ray shark trout'),
  flowers: words('orchid poppy rose sunflower tulip'),
  food_containers: words('bottle bowl can cup plate'),
  fruit_and_vegetables: words('apple mushroom orange pear sweet_pepper'),
  household_electrical_devices: words('clock keyboard lamp telephone television'),
  household_furniture: words('bed chair couch table wardrobe'),
  insects: words('bee beetle butterfly caterpillar cockroach'),
  large_carnivores: words('bear leopard lion tiger wolf'),
  'large_man-made_outdoor_things': words('bridge castle house road skyscraper'),
  large_natural_outdoor_scenes: words('cloud forest mountain plain sea'),
  large_omnivores_and_herbivores: words('camel cattle chimpanzee elephant kangaroo'),
  medium_mammals: words('fox porcupine possum raccoon skunk'),
  'non-insect_invertebrates': words('crab lobster snail spider worm'),
  people: words('baby boy girl man woman'),
  reptiles: words('crocodile dinosaur lizard snake turtle'),
  small_mammals: words('hamster mouse rabbit shrew squirrel'),
  trees: words('maple_tree oak_tree palm_tree pine_tree willow_tree'),
  vehicles_1: words('bicycle bus motorcycle pickup_truck train'),
  vehicles_2: words('lawn_mower rocket streetcar tank tractor'),
};

/** The 100 fine classes. A class's label is its position in this list. */
export const CIFAR_100_CLASSES: readonly string[] = Object.values(CIFAR_100_SUPERCLASSES).flat().sort();
