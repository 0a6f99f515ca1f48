import type { DatasetSource, Distribution, RemoteFile } from '../adapter.ts';

/** The card of a data set, `datasets/NAME.md`: all declarations of its adapter in words, as Markdown. */
export function datasetCard(source: DatasetSource): string {
  const { name, title, description, homepage, license, citation, splitRule, distributions, mirrorable } =
    source;
  return `# ${name}

**${title}.** ${description}

Written by \`pnpm --filter @clce/datasets card\` from what the adapter declares; do not edit. A test compares it.

| | |
|---|---|
${[
  ...(homepage === undefined ? [] : [['page', homepage]]),
  ['licence', license],
  ['citation', citation],
  ...countRows(source),
  ...(mirrorable === false ? [['may be mirrored', 'no']] : []),
]
  .map(([key, value]) => `| ${key} | ${value} |`)
  .join('\n')}

## Split

${splitRule.rule}

Source: ${splitRule.source}.

${classText(source)}## Files

${distributions.map((distribution, i) => distributionText(source, distribution, i === 0)).join('\n\n')}

## Pictures

${fitText(source)} Pictures that have the wanted size already are not resized.
`;
}

function countRows({ expected }: DatasetSource): [string, string][] {
  if (expected === undefined) return [];
  const { classes, samples, partitions, split } = expected;
  const rows: [string, string][] = [
    ['classes', count(classes)],
    ['pictures', count(samples)],
  ];
  for (const [partition, pictures] of Object.entries(partitions ?? {})) {
    rows.push([`${partition} pictures`, count(pictures)]);
  }
  if (split.novel > 0) {
    rows.push([
      'base / validation / novel classes',
      [split.base, split.validation, split.novel].map(count).join(' / '),
    ]);
  }
  return rows;
}

function classText({ classes }: DatasetSource): string {
  const sides = Object.entries(classes ?? {});
  if (sides.length === 0) return '';
  const lists = sides.map(([side, names]) =>
    sides.length > 1 ? `**${side}**: ${names.join(', ')}` : names.join(', '),
  );
  return `## Classes\n\n${lists.join('\n\n')}\n\n`;
}

function distributionText(source: DatasetSource, distribution: Distribution, first: boolean): string {
  const { name, files, from, installedAt, manual, layout } = distribution;
  const paragraphs = [`**${name}**${first && source.distributions.length > 1 ? ', the usual form' : ''}`];
  if (from !== undefined) paragraphs.push(`Reads the pictures of [${from}](${from}.md).`);
  if (installedAt !== undefined) paragraphs.push(`Found at \`${installedAt}\` where it is installed.`);
  if (manual !== undefined) paragraphs.push(manual);
  if (files.length > 0) paragraphs.push(fileTable(files));
  paragraphs.push(`Known by ${layout.map((path) => `\`${path}\``).join(', ')} in its extracted folder.`);
  return paragraphs.join('\n\n');
}

function fileTable(files: readonly RemoteFile[]): string {
  const rows = files.map(({ name, urls, size, checksum }) => {
    const where = urls.length === 0 ? 'by hand' : urls.map((url) => `<${url}>`).join(', ');
    const bytes = size === undefined ? 'not published' : count(size);
    return `| ${name} | ${where} | ${bytes} | ${checksumText(checksum)} |`;
  });
  return ['| file | from | bytes | checksum and its source |', '|---|---|---:|---|', ...rows].join('\n');
}

function checksumText(checksum: RemoteFile['checksum']): string {
  if (checksum === 'pinned') {
    return 'none is published: the SHA-256 of the first download is kept in `lock.json` and compared from then on';
  }
  return `${checksum.algorithm} \`${checksum.value}\` (${checksum.source})`;
}

function fitText({ resizing = {} }: DatasetSource): string {
  const { fit, interpolation, cropFraction = 1 } = resizing;
  const how = interpolation === undefined ? '' : `, ${interpolation}`;
  const size = cropFraction === 1 ? 'the wanted size' : `the wanted size / ${cropFraction}`;
  return fit === 'fill'
    ? `Both sides are scaled to ${size}${how}, the aspect ratio not kept, as the authors did.`
    : `The shorter side is scaled to ${size}${how}, then the centre is cut out.`;
}

function count(value: number): string {
  return value.toLocaleString('en-GB');
}
