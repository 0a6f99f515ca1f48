/**
 * A mistake that its reader can mend: one line that names the file or entry, the place and what was expected. The command
 * line prints the line alone; any other error is a fault of the program, and is printed with its stack.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
}
