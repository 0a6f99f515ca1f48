import { it } from 'vitest';
import { expectSurvives, KILL_SEED } from '../testing/killed-runs.ts';

it(`a suite survives twenty kills (seed ${KILL_SEED})`, () =>
  expectSurvives({ kills: 20, workersFirst: 2, seeds: '0,1', workers: 2 }));
