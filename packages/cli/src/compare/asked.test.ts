import { describe, expect, it } from 'vitest';
import { askedOf, type CompareFlags, datasetName, picturesAsked, requestOf, suiteFileOf } from './asked.ts';

const flags: CompareFlags = {
  losses: ['ce', 'clce'],
  budget: 900,
  backbone: 'conv4',
  measure: ['head'],
  margin: 1,
  seed: 0,
  engine: 'onnx',
  flip: true,
};

describe('what was asked', () => {
  it('has paths from the folder of the comparison, so that both folders may move together', () => {
    const asked = askedOf('data/photos', 'out/one', {
      ...flags,
      backbone: 'resnet18=weights/r18.pth',
      lossFile: ['mine.ts'],
      groups: 'data/groups.csv',
    });
    expect(asked).toMatchObject({
      folder: '../../data/photos',
      backbone: 'resnet18',
      weights: '../../weights/r18.pth',
      lossFiles: ['../../mine.ts'],
      groups: '../../data/groups.csv',
    });
    expect(suiteFileOf(asked, 'photos')).toEqual({
      pictures: { photos: { folder: '../../data/photos', groups: '../../data/groups.csv' } },
      lossFiles: ['../../mine.ts'],
    });
    expect(picturesAsked(asked, 'photos', 'out/one')).toEqual({
      name: 'photos',
      folder: 'data/photos',
      groups: { file: 'data/groups.csv' },
    });
    expect(requestOf(asked, 'photos', 32).weights).toBe('../../weights/r18.pth');
    expect(requestOf(asked, 'photos', 32, 'out/one').weights).toBe('weights/r18.pth');
  });

  it('has larger pictures for larger backbones', () => {
    expect(askedOf('a', 'b', flags).imageSize).toBe(32);
    expect(askedOf('a', 'b', { ...flags, backbone: 'resnet18' }).imageSize).toBe(64);
    expect(askedOf('a', 'b', { ...flags, imageSize: 48 }).imageSize).toBe(48);
  });
});

it.each([
  ['photos/', 'photos'],
  ['a/Holiday photos (2)', 'holiday-photos-2'],
  ['/data/Übung', 'bung'],
  ['写真', 'pictures'],
])('the folder %j is the data set %j', (folder, name) => expect(datasetName(folder)).toBe(name));
