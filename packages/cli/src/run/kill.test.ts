import { it } from 'vitest';
import { expectSurvives, KILL_SEED } from '../testing/killed-runs.ts';

it(`a suite survives a kill (seed ${KILL_SEED})`, () =>
  expectSurvives({ kills: 1, workersFirst: 0, seeds: '0', workers: 1 }));
