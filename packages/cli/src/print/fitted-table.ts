/** Text that fits a width: a table whose columns go on below where they do not fit, and words that wrap. */
import stringWidth from 'string-width';

export interface FittedTable {
  /** Heads of the columns that name a row; they stand on the left of every part. A head may have several lines. */
  readonly labels: readonly string[];
  /** Heads of the columns of figures; those of a group are never parted. */
  readonly groups: readonly (readonly string[])[];
  readonly rows: readonly {
    readonly labels: readonly string[];
    /** A list of texts a group. */
    readonly cells: readonly (readonly string[])[];
  }[];
}

const GAP = '  ';
const LEAST_LABEL = 6;

/** @param width of the terminal; no line is wider */
export function fittedTable({ labels, groups, rows }: FittedTable, width: number): string {
  const right = groups.map((heads, group) =>
    heads.map((head, at) =>
      columnOf(
        head,
        rows.map(({ cells }) => cells[group]![at]!),
        'right',
      ),
    ),
  );
  const widest = Math.max(0, ...right.map(widthOf));
  const left = narrowed(
    labels.map((head, at) =>
      columnOf(
        head,
        rows.map((row) => row.labels[at]!),
        'left',
      ),
    ),
    width + GAP.length - widest,
  );
  const parts = partsOf(right, width + GAP.length - widthOf(left));
  return parts.map((part) => drawn([...left, ...part.flat()], width).join('\n')).join('\n\n');
}

/** Columns of the terminal; files and pipes get as many as a small one has. */
export function terminalWidth({ columns }: { readonly columns?: number } = process.stdout): number {
  return columns ?? 80;
}

/** Words of a paragraph on lines of at most that width; those after the first begin with `indent` spaces. */
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

/** The text, or as much of it as fits before an ellipsis. */
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
  const lines = head.split('\n');
  return {
    align,
    head: lines,
    entries,
    width: Math.max(...[...lines, ...entries].map((text) => stringWidth(text))),
  };
}

/** The widest column gives up what is too much, down to a few letters. */
function narrowed(columns: readonly Column[], width: number): readonly Column[] {
  const excess = widthOf(columns) - width;
  if (excess <= 0) return columns;
  const widest = columns.reduce((one, other) => (other.width > one.width ? other : one));
  const kept = Math.max(LEAST_LABEL, widest.width - excess);
  const narrow = (texts: readonly string[]) => texts.map((text) => cut(text, kept));
  const { head, entries, ...rest } = widest;
  const narrower = { ...rest, head: narrow(head), entries: narrow(entries), width: kept };
  return columns.map((column) => (column === widest ? narrower : column));
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP.length, 0);
}

/** Groups in the fewest parts that fit, as even as they can be; one by one where not even one fits. */
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
  const height = Math.max(...columns.map(({ head }) => head.length));
  const line = (textOf: (column: Column) => string) =>
    cut(
      columns
        .map((column) => padded(textOf(column), column))
        .join(GAP)
        .trimEnd(),
      width,
    );
  // Heads stand on the rule.
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
