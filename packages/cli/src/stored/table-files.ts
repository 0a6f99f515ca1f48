/** The files of a table: `SUITE.csv` and those beside it. They are a set that `SUITE.provenance.json` lists. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  type FileContent,
  type FileOperations,
  hashOfFile,
  ifAbsent,
  type KeptFile,
  settleFiles,
  writeFileSet,
} from '@clce/files';
import { UserError } from '@clce/registry';
import { RunError } from '../run/run-error.ts';
import {
  type BehindTable,
  type DrawnPlots,
  parseListing,
  parseProvenance,
  provenanceText,
  type StoredProvenance,
} from './provenance-file.ts';

const PROVENANCE = 'provenance.json';

/** Endings of a table's files, except its provenance. */
const ENDINGS = [
  ...[
    ...['csv', 'seeds.csv', 'similarities.csv', 'embedding-map.csv', 'trend.csv', 'trials.csv'],
    ...['verdicts.csv', 'spreads.csv'],
  ],
  ...[
    ...['differences', 'by-batch-size', 'by-steps', 'similarities', 'embedding-map'],
    ...['trials', 'trial-differences'],
  ].flatMap((plot) => [`${plot}.svg`, `${plot}.png`]),
];

/**
 * The table that a file of this name belongs to; undefined for any other file. `a.b.csv` is no file of a table `a`, because
 * no file of a table has this ending.
 */
export function tableOfFile(name: string): string | undefined {
  // The longest ending: `a.seeds.csv` ends with `csv`, too.
  const [ending] = ENDINGS.filter((one) => name.endsWith(`.${one}`)).sort((a, b) => b.length - a.length);
  return ending === undefined ? undefined : name.slice(0, -`.${ending}`.length);
}

/** `results/fewshot.csv` → `results/fewshot.seeds.csv`. */
function beside(table: string, ending: string): string {
  return `${table.replace(/\.csv$/, '')}.${ending}`;
}

/** The file of every single measurement of a table. */
export function seedsOf(table: string): string {
  return beside(table, 'seeds.csv');
}

/** `SUITE.trials.csv`, which a tuned table has beside it. */
export function trialsOf(table: string): string {
  return beside(table, 'trials.csv');
}

/** A plot of a table. */
export interface TablePlot {
  /** SHA-256 of all that the plot is drawn from. */
  readonly from: string;
  readonly draw: () => Promise<{ readonly svg: string; readonly png: Uint8Array }>;
}

/**
 * Writes a table's files together. Files that the table had before and has no longer go with it. A plot that would be drawn
 * from the same figures by the same programs stays.
 *
 * @param out path of the main table
 * @param tables contents by ending: `csv` for the main table
 * @param plots by their endings without `.svg` and `.png`
 * @returns paths of files of the former table that somebody has changed; they are left alone
 * @throws FileWriteError
 */
export async function writeTable(
  out: string,
  tables: Readonly<Record<string, FileContent>>,
  behind: BehindTable,
  plots: Readonly<Record<string, TablePlot>> = {},
  operations?: FileOperations,
): Promise<string[]> {
  const [folder, table] = [dirname(out), basename(out)];
  const nameOf = (ending: string) => (ending === 'csv' ? table : beside(table, ending));
  const list = beside(table, PROVENANCE);
  const before = await stored(join(folder, list), parseListing).catch((error: unknown) => {
    // An unreadable provenance file is replaced. The files of its table stay.
    if (error instanceof UserError) return undefined;
    throw error;
  });
  /** Undefined where a file of the plot is not the one that was drawn. */
  const keptPlot = async (name: string): Promise<Record<string, KeptFile> | undefined> => {
    const kept: Record<string, KeptFile> = {};
    for (const ending of [`${name}.svg`, `${name}.png`]) {
      const sha256 = before?.listed?.files[nameOf(ending)];
      if (sha256 === undefined || (await hashOfFile(join(folder, nameOf(ending)))) !== sha256)
        return undefined;
      kept[ending] = { sha256 };
    }
    return kept;
  };
  // The provenance of an earlier version lists no files.
  const earlier = Object.fromEntries(ENDINGS.map((ending) => [nameOf(ending), null]));
  const files: Record<string, FileContent | KeptFile> = { ...tables };
  for (const [name, plot] of Object.entries(plots)) {
    const kept = before?.drawn?.[name] === plot.from ? await keptPlot(name) : undefined;
    Object.assign(files, kept ?? (await drawnPlot(name, plot)));
  }
  const drawn: DrawnPlots = Object.fromEntries(Object.entries(plots).map(([name, { from }]) => [name, from]));
  const changed = await writeFileSet(
    {
      folder,
      files: Object.fromEntries(Object.entries(files).map(([ending, content]) => [nameOf(ending), content])),
      former: before === undefined ? {} : (before.listed?.files ?? earlier),
      list: { name: list, textOf: (listed) => provenanceText({ ...behind, drawn }, listed) },
    },
    operations,
  );
  return changed.map((name) => join(folder, name));
}

async function drawnPlot(name: string, { draw }: TablePlot): Promise<Record<string, FileContent>> {
  const { svg, png } = await draw();
  return { [`${name}.svg`]: svg, [`${name}.png`]: [png] };
}

/** A table that differs from its provenance. */
export interface TableFault {
  readonly folder: string;
  readonly suite: string;
  /** One line: what is wrong and what to do. */
  readonly message: string;
}

/** Completes tables of interrupted writes, and finds those that were changed afterwards. */
export async function settleTables(folders: readonly string[]): Promise<TableFault[]> {
  const faults: TableFault[] = [];
  for (const folder of folders) {
    const names = await readdir(folder).catch(ifAbsent<string[]>([]));
    for (const name of names.filter((one) => one.endsWith(`.${PROVENANCE}`)).sort()) {
      const suite = basename(name, `.${PROVENANCE}`);
      const message = await faultOf(folder, suite);
      if (message !== undefined) faults.push({ folder, suite, message });
    }
  }
  return faults;
}

async function faultOf(folder: string, suite: string): Promise<string | undefined> {
  const list = join(folder, `${suite}.${PROVENANCE}`);
  try {
    const provenance = await storedProvenance(list);
    if (provenance?.listed === undefined) return undefined;
    // A list is a file that anybody may have written; it moves and removes files of its own table alone.
    const foreign = [...Object.keys(provenance.listed.files), ...Object.keys(provenance.listed.gone)].find(
      (name) => tableOfFile(name) !== suite,
    );
    if (foreign !== undefined) {
      return `${list} lists ${JSON.stringify(foreign)}, which is no file of the table ${suite}; the command that made the table writes it anew`;
    }
    const faults = await settleFiles(folder, provenance.listed);
    // A reader reads no plot.
    const fault = faults.find(({ name }) => !/\.(svg|png)$/.test(name));
    if (fault === undefined) return undefined;
    const why =
      fault.cause instanceof Error
        ? `cannot be moved into its place: ${fault.cause.message}`
        : 'is missing, or has changed since the table was made';
    return `${join(folder, fault.name)} ${why}; run the command in ${list} again, or remove ${list} to read the table without it`;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** Undefined without a file. @throws UserError in one line that names the file */
export async function storedProvenance(file: string): Promise<StoredProvenance | undefined> {
  return stored(file, parseProvenance);
}

/**
 * What is behind the table, whose files are as they were written.
 *
 * @param table path of the main table
 * @throws UserError in one line where the table has no provenance, or its files have changed since
 */
export async function requireBehind(table: string): Promise<StoredProvenance> {
  const [folder, suite] = [dirname(table), tableOfFile(basename(table))];
  if (suite === undefined || basename(table) !== `${suite}.csv`) {
    throw new RunError(`${table} is no table; expected NAME.csv, such as results/fewshot.csv`);
  }
  const file = beside(table, PROVENANCE);
  const provenance = await storedProvenance(file);
  if (provenance === undefined) {
    throw new RunError(`${file} is not there; it lists the cells of ${table}, and bench writes it`);
  }
  const fault = await faultOf(folder, suite);
  if (fault !== undefined) throw new RunError(fault);
  return provenance;
}

async function stored<Content>(
  file: string,
  parse: (text: string, file: string) => Content,
): Promise<Content | undefined> {
  const text = await readFile(file, 'utf8')
    .catch(ifAbsent(undefined))
    .catch((error: Error) => {
      throw new RunError(`${file} cannot be read: ${error.message}`);
    });
  return text === undefined ? undefined : parse(text, file);
}
