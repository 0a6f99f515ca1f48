import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCsv } from './csv.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-csv-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function read(text: string) {
  const path = join(root, 'list.csv');
  writeFileSync(path, text);
  return readCsv(path, ['filename', 'label']);
}

describe('readCsv', () => {
  const rows = [
    { filename: 'a.jpg', label: 'n01' },
    { filename: 'b, c.jpg', label: 'n02' },
  ];

  it.each([
    ['as Ravi & Larochelle wrote it', 'filename,label\na.jpg,n01\n"b, c.jpg",n02\n'],
    ['with Windows line ends and a byte order mark', '\ufefffilename,label\r\na.jpg,n01\r\n"b, c.jpg",n02'],
    ['with empty lines', 'filename,label\n\na.jpg,n01\n\n"b, c.jpg",n02\n\n'],
    ['with its columns in another order', 'label,filename\nn01,a.jpg\nn02,"b, c.jpg"\n'],
  ])('reads rows by their names, %s', async (_, text) => {
    expect(await read(text)).toEqual(rows);
  });

  it.each([
    ['no such column', 'filename,class\na.jpg,n01\n', 'has no column label'],
    ['a row that is too short', 'filename,label\na.jpg,n01\nb.jpg\n', 'line 3'],
    ['a quote that never ends', 'filename,label\n"a.jpg,n01\n', 'Quote Not Closed'],
  ])('refuses %s', async (_, text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      fault: 'corrupt',
      message: expect.stringMatching(new RegExp(`list\\.csv.*${message}`)),
    });
  });
});
