import { describe, expect, it } from 'vitest';
import { DatasetError } from './errors.ts';
import { datasetNames, getDataset } from './registry.ts';

describe('getDataset', () => {
  it('finds every data set that it names', () => {
    expect(datasetNames()).toContain('icons');
    for (const name of datasetNames()) expect(getDataset(name).name).toBe(name);
  });

  it('knows what others call a set, and no two sets by one name', () => {
    expect(getDataset('flowers102').name).toBe('oxford-102-flowers');
    const names = datasetNames().flatMap((name) => [name, ...(getDataset(name).aliases ?? [])]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('suggests the closest name', () => {
    expect(() => getDataset('icon')).toThrow(
      new DatasetError(
        `unknown data set "icon". Did you mean "icons"? Available: ${datasetNames().join(', ')}`,
      ),
    );
  });

  it('suggests nothing when nothing is close', () => {
    expect(() => getDataset('photographs')).toThrow(
      `unknown data set "photographs". Available: ${datasetNames().join(', ')}`,
    );
  });
});
