type Run = (...args: never[]) => unknown;

/** An action whose module loads when the action runs: definitions alone, and so help, start in a moment. */
export function action<Name extends string>(
  load: () => Promise<Readonly<Record<Name, Run>>>,
  name: Name,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const run = (await load())[name];
    await run(...(args as never[]));
  };
}
