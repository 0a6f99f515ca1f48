/** `clce predict FOLDER`: pictures without labels, and what saved weights say of them. */
import { countsOf, type DecodedPicture, decodeFiles, findUnlabelled, type Unused } from '@clce/datasets';
import { getEngine } from '@clce/engine';
import { type Classifier, openClassifier } from '@clce/experiments';
import { tryWrite, writeFile } from '@clce/files';
import { machineLimits } from '@clce/runner';
import { csvRows } from '@clce/text';
import { unusedLines } from '../print/pictures/picture-report.ts';
import { requireEngine } from '../run/engine-check.ts';
import { RunError } from '../run/run-error.ts';
import { type Agreement, compareWith } from './agreement.ts';

interface PredictOptions {
  readonly weights: string;
  readonly out: string;
  readonly engine: string;
  readonly skipBroken?: boolean;
  readonly against?: string;
}

/** Broken pictures that are named beside the report, so that a pipe does not hide them. */
const NAMED = 10;
/** A folder with more files has lines of progress. */
const LARGE = 1000;

export async function predict(folder: string, options: PredictOptions): Promise<void> {
  const { weights, out, engine, skipBroken, against } = options;
  // A slip such as --out photos/1.jpg would cost a picture.
  if (!out.endsWith('.csv')) throw new RunError(`--out ${JSON.stringify(out)}: expected NAME.csv`);
  await tryWrite(out);
  const agreement = against === undefined ? undefined : await compareWith(against);
  await requireEngine(engine);
  const threads = Math.max(1, Math.floor(machineLimits().cores));
  const classifier = await openClassifier(weights, await getEngine(engine).start({ threads }));
  const predicted: Predicted = { counts: new Map(), unused: [] };
  try {
    const { files, unused } = await findUnlabelled(folder);
    predicted.unused.push(...unused);
    await write(out, rowsOf({ folder, files }, classifier, predicted, agreement));
  } finally {
    await classifier.dispose();
  }
  console.log(summary(out, classifier, predicted));
  if (agreement !== undefined) console.log(agreement.text());
  const broken = predicted.unused.filter(({ reason }) => reason === 'broken');
  for (const { path, detail } of broken.slice(0, NAMED))
    console.error(`${path}: a broken picture (${detail})`);
  if (broken.length > NAMED) console.error(`and ${broken.length - NAMED} more broken pictures`);
  if (broken.length > 0 && skipBroken !== true) {
    console.error('broken pictures have no row; mend or remove them, or accept it with --skip-broken');
    process.exitCode = 1;
  }
}

/** What is known at the end. */
interface Predicted {
  /** Number of pictures by predicted class. */
  readonly counts: Map<string, number>;
  readonly unused: Unused[];
}

/** Writes a file from parts that are made meanwhile. Their errors are told as they are, and leave no file. */
async function write(path: string, parts: AsyncIterable<string>): Promise<void> {
  let fault: unknown;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      for await (const part of parts) yield Buffer.from(part);
    } catch (error) {
      fault = error;
      throw error;
    }
  }
  await writeFile(path, bytes()).catch((error: unknown) => {
    throw fault ?? error;
  });
}

/** The lines of the CSV, a batch at a time. @throws RunError where there is no picture */
async function* rowsOf(
  { folder, files }: { readonly folder: string; readonly files: readonly string[] },
  classifier: Classifier,
  { counts, unused }: Predicted,
  agreement: Agreement | undefined,
): AsyncGenerator<string> {
  const { classes, imageSize, resizing } = classifier.deployment;
  yield csvRows([columnsOf(classes)]);
  let pictures = 0;
  let tenth = 0;
  for (let from = 0; from < files.length; from += classifier.batch) {
    const chunk = files.slice(from, from + classifier.batch);
    const read = await decodeFiles(folder, chunk, imageSize, resizing);
    unused.push(...read.filter((one): one is Unused => 'reason' in one));
    const decoded = read.filter((one): one is DecodedPicture => 'pixels' in one);
    pictures += decoded.length;
    const logits = await classifier.logits(decoded.map(({ pixels }) => pixels));
    const rows = decoded.map(({ path }, at) => {
      const shares = softmax(path, logits.subarray(at * classes.length, (at + 1) * classes.length));
      const best = shares.indexOf(Math.max(...shares));
      const name = classes[best]!;
      counts.set(name, (counts.get(name) ?? 0) + 1);
      agreement?.add(path, name);
      return [path, name, shares[best]!, ...shares];
    });
    yield csvRows(rows);
    const done = Math.min(files.length, from + chunk.length);
    if (files.length >= LARGE && Math.floor((10 * done) / files.length) > tenth) {
      tenth = Math.floor((10 * done) / files.length);
      console.error(`${done} of ${files.length} files`);
    }
  }
  if (pictures > 0) return;
  const why = unused.length === 0 ? 'it is empty' : `not used: ${countsOf(unused)}`;
  throw new RunError(`${folder} has no picture that can be read: ${why}`);
}

const FIXED = ['path', 'class', 'probability'];

/** A class that is called like one of the first columns has its name in parentheses. */
function columnsOf(classes: readonly string[]): string[] {
  return [...FIXED, ...classes.map((name) => (FIXED.includes(name) ? `p(${name})` : name))];
}

/** Probabilities of the classes. @throws RunError where the network gives no numbers */
function softmax(path: string, logits: Float32Array): number[] {
  if (!logits.every(Number.isFinite)) {
    throw new RunError(`${path}: the network gives values that are not finite; its weights are damaged`);
  }
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => power / sum);
}

function summary(out: string, { deployment }: Classifier, { counts, unused }: Predicted): string {
  const { architecture, classes } = deployment;
  const pictures = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const found = classes.filter((name) => counts.has(name)).map((name) => `${name} ${counts.get(name)}`);
  return [
    `${out}: ${pictures} ${pictures === 1 ? 'picture' : 'pictures'}, by ${architecture}`,
    `predicted: ${found.join(', ')}`,
    ...unusedLines({ unused }),
  ].join('\n');
}
