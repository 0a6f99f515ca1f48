/**
 * FC100 (Fewshot-CIFAR100): superclasses of CIFAR-100 of each side, Oreshkin et al., "TADAM: Task dependent adaptive
 * metric for improved few-shot learning", NeurIPS 2018, supplementary material. Source of the lists: pytorch-meta (Deleu et
 * al.), torchmeta/datasets/assets/cifar100/fc100/{train,test}.json. The validation side has the four remaining superclasses.
 * The numbers equal `class_split`, which public few-shot projects quote from ElementAI/TADAM (splits.test.ts).
 */
import { words } from './words.ts';

export const FC100_SUPERCLASSES = {
  base: words(`
    fish flowers food_containers fruit_and_vegetables household_electrical_devices household_furniture
    large_man-made_outdoor_things large_natural_outdoor_scenes reptiles trees vehicles_1 vehicles_2
  `),
  validation: words('large_carnivores large_omnivores_and_herbivores non-insect_invertebrates small_mammals'),
  novel: words('aquatic_mammals insects medium_mammals people'),
} as const;
