import { layerDecay } from '@clce/engine';
import { describe, expect, it } from 'vitest';
import { backbones, getBackbone } from './registry.ts';

const zeros = (_tensor: string, count: number) => new Float32Array(count);

/** Number of elements by parameter, of each backbone once: making them takes a second for a ViT-B. */
const sizes = new Map<string, ReadonlyMap<string, number>>();
function sizesOf(name: string): ReadonlyMap<string, number> {
  const known = sizes.get(name);
  if (known !== undefined) return known;
  const { parameters } = getBackbone(name).initialise(224, zeros);
  const made = new Map(Object.entries(parameters).map(([parameter, { data }]) => [parameter, data.length]));
  sizes.set(name, made);
  return made;
}

describe('the number of parameters is the published one', () => {
  // With a classifier of 1000 classes as torchvision's documentation of pretrained models lists them (`num_params`).
  it.each([
    ['resnet18', 11_689_512],
    ['resnet34', 21_797_672],
    ['resnet50', 25_557_032],
    ['resnet101', 44_549_160],
    ['mobilenetv2', 3_504_872],
    ['vit-base', 86_567_656],
    // DeiT (Touvron et al. 2021, arXiv 2012.12877, table 1) has 5 M and 22 M for Ti and S; these are timm's exact counts.
    ['vit-tiny', 5_717_416],
    ['vit-small', 22_050_664],
  ])('%s', (name, published) => {
    expect(count(name) + getBackbone(name).featureSize(224) * 1000 + 1000).toBe(published);
  });

  it.each([
    // Lee et al. 2019 (MetaOptNet) and Tian et al. 2020 (RFS) say 12.4 M of the wide one.
    ['resnet12-wide', 12.4],
    ['resnet12', 8.0],
    ['conv4', 0.1],
  ])('%s, in millions', (name, published) => {
    expect(count(name) / 1e6).toBeCloseTo(published, 1);
  });

  // microsoft/unilm, beit3/README.md, ImageNet-1k, with the classifier; the large models are in registry.long.test.ts.
  it('beit3-base, in whole millions', () => {
    const classifier = getBackbone('beit3-base').featureSize(224) * 1000 + 1000;
    expect(Math.round((count('beit3-base') + classifier) / 1e6)).toBe(87);
  });

  function count(name: string): number {
    return [...sizesOf(name).values()].reduce((sum, size) => sum + size, 0);
  }
});

describe.each(backbones.map(({ name }) => name).filter((name) => !name.includes('large')))('%s', (name) => {
  it('puts each parameter in a layer, and leaves no layer empty', () => {
    const { layering } = getBackbone(name);
    const names = [...sizesOf(name).keys(), 'head.weight', 'head.bias'];
    const layers = new Set(names.map((parameter) => layering.layerOf(parameter)));
    const withStem = name.startsWith('conv4') || name.startsWith('resnet12') ? [] : [0];
    const expected = [...withStem, ...Array.from({ length: layering.depth + 1 }, (_, k) => k + 1)];
    expect([...layers].toSorted((a, b) => a - b)).toEqual(expected);
    expect(layerDecay(layering, 0.5)('head.weight')).toBe(1);
  });
});

it('lists the choices for an unknown name', () => {
  expect(() => getBackbone('resnet5')).toThrow(/unknown backbone "resnet5".*resnet50/);
});
