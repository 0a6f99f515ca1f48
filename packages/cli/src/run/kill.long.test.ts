import { it } from 'vitest';
import { expectSurvives, KILL_SEED } from '../testing/killed-runs.ts';

it(`a suite survives twenty kills (seed ${KILL_SEED})`, () => expectSurvives(20, '0,1'));
