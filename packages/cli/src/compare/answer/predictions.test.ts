import { describe, expect, it } from 'vitest';
import { classesCsv, confusionCsv, onlyRight, picturesCsv, type TestedPicture } from './predictions.ts';

const picture = (
  row: number,
  label: string,
  ce: readonly string[],
  clce: readonly string[],
): TestedPicture => ({
  ...{ row, label, path: `${label}/${row}.png` },
  predicted: new Map([
    ['CE', ce],
    ['CLCE', clce],
  ]),
});
const methods = ['CE', 'CLCE'];
const pictures = [
  picture(0, 'cat', ['cat', 'cat'], ['dog', 'dog']),
  picture(1, 'cat', ['cat', 'dog'], ['cat', 'cat']),
  picture(2, 'dog', ['cat', 'cat'], ['dog', 'dog']),
];

describe('the files of predictions', () => {
  it('have a line a picture', () => {
    expect(picturesCsv(pictures, methods).split('\n').slice(0, 2)).toEqual([
      'path,class,CE,CLCE',
      'cat/0.png,cat,cat | cat,dog | dog',
    ]);
  });

  it('have accuracies by class over pictures and seeds', () => {
    expect(classesCsv(pictures, methods)).toBe('class,pictures,CE,CLCE\ncat,2,75,50\ndog,1,0,100\n');
  });

  it('count each pair of class and predicted class', () => {
    expect(confusionCsv(pictures, methods).trimEnd().split('\n')).toEqual([
      'method,class,predicted,predictions',
      'CE,cat,cat,3',
      'CE,cat,dog,1',
      'CE,dog,cat,2',
      'CLCE,cat,dog,2',
      'CLCE,cat,cat,2',
      'CLCE,dog,dog,2',
    ]);
  });

  it('of which one method is right in every seed and the other in none', () => {
    expect(onlyRight(pictures, 'CE', 'CLCE').map(({ row }) => row)).toEqual([0]);
    expect(onlyRight(pictures, 'CLCE', 'CE').map(({ row }) => row)).toEqual([2]);
  });
});
