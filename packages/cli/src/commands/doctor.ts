/** `clce doctor`. */
import type { Command } from 'commander';
import { action } from './action.ts';

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('say which engines work here, why the others do not, and whether their gradients are right')
    .action(action(() => import('../actions/doctor.ts'), 'doctor'));
}
