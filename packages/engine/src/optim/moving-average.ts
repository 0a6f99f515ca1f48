/**
 * Exponential moving average of the trained parameters, taken after each update (timm's `ModelEmaV2`):
 *
 *     average ← decay · average + (1 - decay) · parameter
 *
 * The averages are state entries `ema/<name>` and start at the parameters' values. The decay is the scalar input
 * `ema/decay`. Running statistics are already averages and are not averaged again, as in
 * torch.optim.swa_utils.AveragedModel.
 */
import { EngineError } from '../errors.ts';
import { type HostTensor, type HostTensors, scalar } from '../host-tensor.ts';
import type { Tensors } from '../step.ts';
import { type Tensor, tf } from '../tf.ts';

const averageName = (parameter: string) => `ema/${parameter}`;
const DECAY = 'ema/decay';

/** The initial state entries of the averages of these parameters. */
export function averageState(parameters: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [averageName(name), copy(value)]),
  );
}

/** The input that a step with averages needs. @param decay in [0, 1), 0.9999 for example */
export function averageInputs(decay: number): HostTensors {
  if (!(decay >= 0 && decay < 1)) throw new EngineError(`an average's decay is in [0, 1), not ${decay}`);
  return { [DECAY]: scalar(decay) };
}

/**
 * The state with each averaged parameter replaced by its average. An evaluation step passes it to the forward function
 * to evaluate the averaged model.
 */
export function withAverages(state: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(state).map(([name, tensor]) => [name, state[averageName(name)] ?? tensor]),
  );
}

/** The new averages. @param parameters after the update */
export function updatedAverages(state: Tensors, inputs: Tensors, parameters: Tensors): Tensors {
  const decay = inputs[DECAY];
  if (decay === undefined)
    throw new EngineError(`a step with averages needs the input '${DECAY}' (averageInputs)`);
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => {
      const average = state[averageName(name)];
      if (average === undefined) {
        throw new EngineError(
          `the state has no entry '${averageName(name)}': add averageState(parameters) to it`,
        );
      }
      return [averageName(name), tf.add<Tensor>(tf.mul(average, decay), tf.mul(parameter, tf.sub(1, decay)))];
    }),
  );
}

function copy(value: HostTensor): HostTensor {
  return { ...value, data: value.data.slice() } as HostTensor;
}
