import { describe, expect, it } from 'vitest';
import { datasetNames, getDataset } from './registry.ts';

describe('getDataset', () => {
  it('finds every data set that it names', () => {
    expect(datasetNames).toContain('icons');
    for (const name of datasetNames) expect(getDataset(name).name).toBe(name);
  });

  it('knows the other names of a set', () => {
    expect(getDataset('flowers102').name).toBe('oxford-102-flowers');
  });

  it('suggests the closest name', () => {
    expect(() => getDataset('icon')).toThrow(
      `unknown data set "icon". Did you mean "icons"? Available: ${datasetNames.join(', ')}`,
    );
  });

  it('suggests nothing when nothing is close', () => {
    expect(() => getDataset('photographs')).toThrow(
      `unknown data set "photographs". Available: ${datasetNames.join(', ')}`,
    );
  });
});
