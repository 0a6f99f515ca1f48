/** Fits text to a width: wraps paragraphs and splits wide tables into parts below each other. */
import { visible, visibleLine } from '@clce/text';
import stringWidth from 'string-width';

export interface FittedTable {
  /** Heads of the columns that name a row. Every part of the table repeats them on the left. A head may have several lines. */
  readonly titles: readonly string[];
  /** Heads of the columns of figures, in groups. The columns of a group stay together. */
  readonly groups: readonly (readonly string[])[];
  readonly rows: readonly {
    readonly titles: readonly string[];
    /** One list of texts for each group. */
    readonly cells: readonly (readonly string[])[];
  }[];
}

const GAP = '  ';
const LEAST_TITLE = 6;

/** @param width maximum length of a line, in terminal columns */
export function fittedTable({ titles, groups, rows }: FittedTable, width: number): string {
  const right = groups.map((heads, group) =>
    heads.map((head, at) =>
      columnOf(
        head,
        rows.map(({ cells }) => cells[group]![at]!),
        'right',
      ),
    ),
  );
  const widest = greatest(right.map(widthOf));
  const left = narrowed(
    titles.map((head, at) =>
      columnOf(
        head,
        rows.map((row) => row.titles[at]!),
        'left',
      ),
    ),
    width + GAP.length - widest,
  );
  const parts = partsOf(right, width + GAP.length - widthOf(left));
  return parts.map((part) => drawn([...left, ...part.flat()], width).join('\n')).join('\n\n');
}

/** Columns of the terminal; 80 for files and pipes. */
export function terminalWidth({ columns }: { readonly columns?: number } = process.stdout): number {
  return columns ?? 80;
}

/** Wraps a paragraph to lines of at most `width` columns. Lines after the first begin with `indent` spaces. */
export function wrapped(text: string, width: number, indent = 0): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line.trim() !== '' && stringWidth(longer) > width) {
      lines.push(line);
      line = ' '.repeat(indent) + word;
    } else line = longer;
  }
  return [...lines, line].join('\n');
}

/** The text, cut with an ellipsis where it is wider than `width`. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(kept + segment) >= width) break;
    kept += segment;
  }
  return `${kept}…`;
}

interface Column {
  readonly align: 'left' | 'right';
  readonly head: readonly string[];
  readonly entries: readonly string[];
  readonly width: number;
}

function columnOf(head: string, entries: readonly string[], align: Column['align']): Column {
  const lines = head.split('\n').map(visible);
  const shown = entries.map(visibleLine);
  return {
    align,
    head: lines,
    entries: shown,
    width: greatest([...lines, ...shown].map((text) => stringWidth(text))),
  };
}

/** Narrows the widest column by the excess width, but not below LEAST_TITLE. */
function narrowed(columns: readonly Column[], width: number): readonly Column[] {
  const excess = widthOf(columns) - width;
  if (excess <= 0) return columns;
  const widest = columns.reduce((one, other) => (other.width > one.width ? other : one));
  const kept = Math.max(LEAST_TITLE, widest.width - excess);
  const narrow = (texts: readonly string[]) => texts.map((text) => cut(text, kept));
  const { head, entries, ...rest } = widest;
  const narrower = { ...rest, head: narrow(head), entries: narrow(entries), width: kept };
  return columns.map((column) => (column === widest ? narrower : column));
}

/** Of whole numbers from 0 on; as arguments of Math.max, a hundred thousand rows would overflow the stack. */
function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP.length, 0);
}

/** Splits the groups into the fewest even parts that fit. Where no split fits, every group is a part. */
function partsOf(groups: readonly (readonly Column[])[], width: number): (readonly Column[])[][] {
  for (let count = 1; count < groups.length; count++) {
    const size = Math.ceil(groups.length / count);
    const parts = Array.from({ length: Math.ceil(groups.length / size) }, (_, part) =>
      groups.slice(part * size, (part + 1) * size),
    );
    if (parts.every((part) => widthOf(part.flat()) <= width)) return parts;
  }
  return groups.map((group) => [group]);
}

function drawn(columns: readonly Column[], width: number): string[] {
  const height = greatest(columns.map(({ head }) => head.length));
  const line = (textOf: (column: Column) => string) =>
    cut(
      columns
        .map((column) => padded(textOf(column), column))
        .join(GAP)
        .trimEnd(),
      width,
    );
  // Heads are aligned at the bottom, above the rule.
  const heads = Array.from({ length: height }, (_, at) =>
    line(({ head }) => head[at - height + head.length] ?? ''),
  );
  const rule = '─'.repeat(Math.min(width, widthOf(columns) - GAP.length));
  return [...heads, rule, ...columns[0]!.entries.map((_, row) => line(({ entries }) => entries[row]!))];
}

function padded(text: string, { align, width }: Column): string {
  const spaces = ' '.repeat(width - stringWidth(text));
  return align === 'left' ? text + spaces : spaces + text;
}
