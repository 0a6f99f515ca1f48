import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clouds, place } from '../testing/pictures.ts';
import { lookAtPictures } from './look.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'clce-broken-pictures-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const refusal = (): Promise<string> => lookAtPictures(folder).then(() => 'no error', String);

it('with two broken pictures among five hundred names the first, and goes on only where they are left out', async () => {
  const pixel = (at: number) =>
    clouds(1000 + at, 8)
      .png()
      .toBuffer();
  const names = Array.from({ length: 498 }, (_, at) => at);
  await place(
    folder,
    Object.fromEntries(await Promise.all(names.map(async (at) => [`${at % 4}/${at}.png`, await pixel(at)]))),
  );
  const whole = await clouds(7, 200).jpeg().toBuffer();
  await place(folder, { '1/cut off.jpg': whole.subarray(0, whole.length / 2), '3/empty.png': '' });
  expect(await refusal()).toMatch(/has 1 broken picture: 3\/empty\.png \(it is empty\); .*--skip-broken/);
  rmSync(join(folder, '3/empty.png'));
  await place(folder, { '2/damaged.png': (await clouds(8, 200).png().toBuffer()).subarray(0, 900) });
  expect(await refusal()).toMatch(
    /has 2 broken pictures, the first: 1\/cut off\.jpg \(.+\); .*--skip-broken/,
  );
  const look = await lookAtPictures(folder, { skipBroken: true });
  expect(look.unused.map(({ path, reason }) => [path, reason])).toEqual([
    ['1/cut off.jpg', 'broken'],
    ['2/damaged.png', 'broken'],
  ]);
  expect(look.pictures).toBe(498);
});
