import { registry } from '@clce/registry';
import type { LossDefinition } from './loss-definition.ts';
import * as declared from './losses/index.ts';

/** A loss that this process was given in a file. */
export interface AddedLoss extends LossDefinition {
  readonly id: string;
  /** SHA-256 of the file and of those that it imports. */
  readonly sources: string;
}

const losses = registry<LossDefinition | AddedLoss>('loss', Object.values(declared));

/** The loss that a suite names. @throws UserError naming the closest choice and all choices */
export const findLoss = losses.get;

/** All names, in the order of their files, added ones last. */
export function lossNames(): string[] {
  return [...losses.names];
}

/** Lets suites of this process name the loss. @throws UserError where its name is taken */
export function addLoss(added: AddedLoss): void {
  losses.add(added);
}
