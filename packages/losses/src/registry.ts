import { registry } from '@clce/registry';
import type { LossDefinition } from './loss-definition.ts';
import * as declared from './losses/index.ts';

/** A loss from a user's file. */
export interface AddedLoss extends LossDefinition {
  readonly id: string;
  /** SHA-256 of the file and of the files that it imports. */
  readonly sources: string;
}

const losses = registry<LossDefinition | AddedLoss>(
  'loss',
  Object.values(declared),
  '--loss-file adds a loss of your own',
);

/** The loss of the given name. @throws UserError naming the closest choice and all choices */
export const getLoss = losses.get;

/** All names: this project's in alphabetical order of their files, then added ones. */
export const lossNames = losses.names;

/** Registers a loss for suites of this process. @throws UserError if its name is taken */
export function addLoss(added: AddedLoss): void {
  losses.add(added);
}
