/** A snapshot of a training run: its notes, its state, and the onlooker's memory. */
import type { HostTensors } from '@clce/engine';
import type { Snapshot } from './snapshot.ts';
import type { Notes } from './training-record.ts';

/** Prefixes keep the tensors of the state and of the onlooker apart in the file. */
const OF_STATE = 'state.';
const OF_ONLOOKER = 'onlooker.';

export function closeSnapshot(notes: Notes, state: HostTensors, onlooker: Snapshot | undefined): Snapshot {
  const tensors = { ...prefixed(OF_STATE, state), ...prefixed(OF_ONLOOKER, onlooker?.tensors ?? {}) };
  return { notes: { training: notes, onlooker: onlooker?.notes }, tensors };
}

export function openSnapshot({ notes, tensors }: Snapshot): {
  readonly notes: Notes;
  readonly state: HostTensors;
  readonly onlooker: Snapshot;
} {
  const kept = notes as { readonly training: Notes; readonly onlooker: unknown };
  return {
    notes: kept.training,
    state: unprefixed(OF_STATE, tensors),
    onlooker: { notes: kept.onlooker, tensors: unprefixed(OF_ONLOOKER, tensors) },
  };
}

function prefixed(prefix: string, tensors: HostTensors): HostTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}

function unprefixed(prefix: string, tensors: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  );
}
