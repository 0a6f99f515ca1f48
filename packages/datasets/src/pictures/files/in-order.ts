/** Files that are read at the same time. */
const CONCURRENCY = 8;

/** Applies an asynchronous function to all things, a few at a time. @returns the results in the order of the things */
export async function inOrder<Thing, Result>(
  things: readonly Thing[],
  apply: (thing: Thing, at: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(things.length);
  let next = 0;
  async function work(): Promise<void> {
    for (let at = next++; at < things.length; at = next++) results[at] = await apply(things[at]!, at);
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return results;
}
