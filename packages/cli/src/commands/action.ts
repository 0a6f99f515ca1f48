type Run = (...args: never[]) => unknown;

/** An action that loads its module when it runs. So definitions and help load no engine and start at once. */
export function action<Name extends string>(
  load: () => Promise<Readonly<Record<Name, Run>>>,
  name: Name,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const run = (await load())[name];
    await run(...(args as never[]));
  };
}
