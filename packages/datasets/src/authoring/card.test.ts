import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DatasetSource, RemoteFile } from '../adapter.ts';
import type { ClassSplit } from '../dataset.ts';
import { SOURCES } from '../registry.ts';
import { datasetCard } from './card.ts';

describe('datasetCard', () => {
  it.each(SOURCES)('the card of $name is what the adapter declares', (source) => {
    const card = readFileSync(new URL(`../../../../datasets/${source.name}.md`, import.meta.url), 'utf8');
    expect(datasetCard(source), 'run "pnpm --filter @clce/datasets card"').toBe(card);
  });

  it('says where a checksum comes from, and that one is pinned where none is published', () => {
    const file: RemoteFile = {
      name: 'pictures.tar',
      urls: ['https://pictures.example/pictures.tar'],
      size: 1_234,
      checksum: { algorithm: 'md5', value: 'abc', source: 'the page' },
      unpack: { format: 'tar' },
    };
    const source: DatasetSource = {
      name: 'pictures',
      title: 'Pictures',
      description: 'Some pictures.',
      homepage: 'https://pictures.example',
      license: 'CC0',
      citation: 'Nobody, 2026.',
      splitRule: { rule: 'By class.', source: 'the page' },
      expected: { classes: 2_000, samples: 3_000, split: { base: 1_000, validation: 400, novel: 600 } },
      distributions: [
        {
          name: 'tar',
          files: [file, { ...file, name: 'more.tar', urls: [], checksum: 'pinned' }],
          layout: ['pictures'],
          index: () => Promise.reject(new Error('a card reads no files')),
        },
      ],
    };
    const card = datasetCard(source);
    expect(card).toContain(
      '| pictures.tar | <https://pictures.example/pictures.tar> | 1,234 | md5 `abc` (the page) |',
    );
    expect(card).toContain(
      '| more.tar | by hand | 1,234 | none is published: the SHA-256 of the first download',
    );
    expect(card).toContain('| base / validation / novel classes | 1,000 / 400 / 600 |');
    expect(card).toContain('The shorter side is scaled to the wanted size, then the centre is cut out.');
  });

  it('names an interpolation and a crop fraction that are not the usual ones', () => {
    const [source] = SOURCES;
    const resizing = { interpolation: 'bicubic', cropFraction: 0.875 } as const;
    expect(datasetCard({ ...source!, resizing })).toContain(
      'The shorter side is scaled to the wanted size / 0.875, bicubic, then the centre is cut out.',
    );
  });

  it('says where a mirrored picture shows something else', () => {
    const [source] = SOURCES;
    expect(datasetCard({ ...source!, mirrorable: false })).toContain('| may be mirrored | no |');
    expect(datasetCard(source!)).not.toContain('mirrored');
  });
});

describe('declared facts', () => {
  it.each(SOURCES)('$name: as many class names as classes', ({ classes, expected }) => {
    for (const [side, names] of Object.entries(classes ?? {})) {
      expect(names).toHaveLength(expected!.split[side as keyof ClassSplit]);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  const files = SOURCES.flatMap(({ name, distributions }) =>
    distributions.flatMap((distribution) => distribution.files.map((file) => ({ set: name, ...file }))),
  );

  it.each(files)('$set: $name has a well-formed checksum, its source and plain names', (file) => {
    expect(file.name).toMatch(/^[\w.-]+$/);
    for (const url of file.urls) expect(new URL(url).protocol).toMatch(/^https?:$/);
    if (file.checksum === 'pinned') return;
    const digits = { md5: 32, sha1: 40, sha256: 64, sha512: 128 }[file.checksum.algorithm];
    expect(file.checksum.value).toMatch(new RegExp(`^[0-9a-f]{${digits}}$`));
    expect(file.checksum.source).not.toBe('');
  });

  it.each(SOURCES)('$name: partitions and sides add up', ({ expected }) => {
    if (expected === undefined) return;
    const { base, validation, novel } = expected.split;
    expect(base + validation + novel).toBe(expected.classes);
    if (expected.partitions === undefined) return;
    const pictures = Object.values(expected.partitions).reduce((total, side) => total + side, 0);
    expect(pictures).toBe(expected.samples);
  });
});
