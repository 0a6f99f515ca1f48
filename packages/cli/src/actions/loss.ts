import { resolve } from 'node:path';
import { checkLossFile } from '@clce/experiments';

export async function check(file: string): Promise<void> {
  const { name, batches, differences } = await checkLossFile(resolve(file));
  console.log(`${file}: ${name} is finite on ${batches} batches, and so is its gradient`);
  if (differences === undefined) {
    console.log('it has no reference, a loop in float64, that it could be compared with');
    return;
  }
  const { value, gradient } = differences;
  console.log(
    `from reference: value ${value.toExponential(1)}, gradient ${gradient.toExponential(1)} at most`,
  );
}
