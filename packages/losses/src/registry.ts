import { unknownName } from '@clce/names';
import type { LossDefinition } from './loss-definition.ts';
import { LossError } from './loss-error.ts';
import * as declared from './losses/index.ts';

/** A loss of a file of the user's, with the SHA-256 of that file and of those that it imports. */
export interface AddedLoss extends LossDefinition {
  readonly id: string;
  readonly sources: string;
}

const losses: (LossDefinition | AddedLoss)[] = Object.values(declared);

/** The loss that a suite names. @throws LossError naming the closest choice and all choices */
export function findLoss(name: string): LossDefinition | AddedLoss {
  const definition = losses.find((candidate) => candidate.name === name);
  if (!definition) throw new LossError('loss', unknownName('loss', name, lossNames()));
  return definition;
}

/** All names, in alphabetical order of their files, added ones last. */
export function lossNames(): string[] {
  return losses.map(({ name }) => name);
}

/** Makes a loss of the user's one that this process can name. @throws LossError where its name is taken */
export function addLoss(added: AddedLoss): void {
  if (lossNames().includes(added.name)) {
    throw new LossError(
      'name',
      `there is a loss "${added.name}" already; the names ${lossNames().join(', ')} are taken`,
    );
  }
  losses.push(added);
}
