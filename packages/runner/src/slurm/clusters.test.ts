import { expect, it } from 'vitest';
import { clustersOf } from './clusters.ts';

it.each([
  ['#SBATCH --clusters=west', {}, ['west']],
  ['#SBATCH --clusters=west,east\n#SBATCH --mem=2G', {}, ['west', 'east']],
  ['#SBATCH --clusters west', {}, ['west']],
  ['#SBATCH -M west', {}, ['west']],
  ['#SBATCH -Mwest', {}, ['west']],
  ['#SBATCH -p gpu -M "west,east"', {}, ['west', 'east']],
  ['#SBATCH --comment="ask -M west"\necho -M east', {}, []],
  ['#SBATCH --mem=2G', { SBATCH_CLUSTERS: 'west' }, ['west']],
  ['#SBATCH -M east', { SLURM_CLUSTERS: 'west,north' }, ['west', 'north', 'east']],
  ['', {}, []],
])('%j with %j', (script, environment, clusters) => {
  expect(clustersOf(script, environment)).toEqual(clusters);
});
