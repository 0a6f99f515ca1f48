/** Files of a user's in a folder outside the checkout, read by a process of its own: the test runner resolves imports its own way. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const tsx = createRequire(import.meta.url).resolve('tsx');
const module = new URL('./own-files.ts', import.meta.url).href;
const templates = fileURLToPath(new URL('../../../cli/templates/', import.meta.url));
const template = (name: string) => readFileSync(join(templates, name), 'utf8').replaceAll('my-own', 'mine');

const folder = mkdtempSync(join(tmpdir(), 'clce-own-'));
afterAll(() => rmSync(folder, { recursive: true }));

const loss = template('loss.ts');
const dataset = template('dataset.ts');

/** What is in a file, and what is said of it after its path. */
const MISTAKES: readonly [file: string, text: string, says: RegExp][] = [
  ['syntax.ts', 'export default {\n  a: = 2,\n};\n', /^:2:5: Unexpected "="$/],
  ['throws.ts', 'const x: number = 1;\nthrow new Error("no " + x);\n', /^:2:\d+: no 1$/],
  [
    'no-export.ts',
    'export const loss = 1;\n',
    /^: there is no default export; expected "export default" and defineLoss/,
  ],
  ['other-export.ts', 'export default 3;\n', /^: the default export is not defineLoss\(\{ … \}\)$/],
  [
    'no-such-import.ts',
    "import { l3Normalize } from '@clce/losses/define';\nexport default l3Normalize;\n",
    /l3Normalize/,
  ],
  ['no-such-file.ts', "import './helper.ts';\nexport default 1;\n", /helper\.ts/],
  ['views.ts', loss.replace('views: 1', 'views: 3 as never'), /^:\d+:\d+: views must be 1 or 2, got 3$/],
  [
    'projection.ts',
    loss.replace('views: 1', "views: 1, projection: 'cnn' as never"),
    /^:\d+:\d+: projection must be "linear" or "mlp", got "cnn"$/,
  ],
  ['no-id.ts', loss.replace(/^ {2}id: .*$/m, ''), /^: id must be a text that no other loss "mine" has/],
  [
    'taken.ts',
    loss.replace("name: 'mine'", "name: 'ce'"),
    /^: there is a loss "ce" already; give this one another name$/,
  ],
  [
    'shape.ts',
    loss.replace('tf.sum(tf.mul(tf.sub(1, itself), tf.add(pull, push)))', 'tf.sum(tf.add(pull, push), 1)'),
    /scalars \{ loss, crossEntropy, contrastive \}; its loss is a tensor of shape \[8\]/,
  ],
  [
    'not-finite.ts',
    loss.replace('tf.relu(tf.sub(cosines, least))', 'tf.sqrt(tf.relu(tf.sub(cosines, least)))'),
    /^: a batch of three classes: the gradient at embeddings\[\d\]\[\d\] is NaN, expected a finite number$/,
  ],
  [
    'formula.ts',
    loss.replace('tf.sub(1, cosines)', 'tf.sub(2, cosines)'),
    /^: a batch of three classes: evaluate gives .*, reference /,
  ],
  [
    'no-kernel.ts',
    loss.replace('tf.sub(1, cosines)', 'tf.cumsum(tf.sub(1, cosines))'),
    /no-kernel\.ts:\d+:\d+/,
  ],
  [
    'numbers.ts',
    loss.replace("tf.cast(tf.oneHot(tf.range(0, n, 1, 'int32'), n), 'float32')", 'tf.eye(n)'),
    /make it with constant\(float32\(\[8,8\], values\)\)/,
  ],
];

interface Answer {
  readonly message?: string;
  readonly sources?: string;
}

/** What one process says of each file, in order. */
async function add(...files: readonly (readonly ['loss' | 'dataset', string])[]): Promise<Answer[]> {
  const program = `
    import { addOwnFiles } from ${JSON.stringify(module)};
    const answers = [];
    for (const [kind, path] of ${JSON.stringify(files.map(([kind, file]) => [kind, join(folder, file)]))}) {
      answers.push(await addOwnFiles([{ kind, path }]).then(([{ sources }]) => ({ sources }), ({ name, message }) => ({ name, message })));
    }
    console.log(JSON.stringify(answers));`;
  const { stdout } = await execa(process.execPath, ['--import', tsx, '--input-type=module', '-e', program]);
  return JSON.parse(stdout) as Answer[];
}

describe('a mistake is one line that names the file', () => {
  let answers: Answer[];
  beforeAll(async () => {
    for (const [file, text] of MISTAKES) writeFileSync(join(folder, file), text);
    answers = await add(...MISTAKES.map(([file]) => ['loss', file] as const), ['loss', 'absent.ts']);
  });

  it.each(MISTAKES.map(([file, , says], at) => ({ file, says, at })))('$file', ({ file, says, at }) => {
    const { message } = answers[at]!;
    expect(message).not.toContain('\n');
    const path = join(folder, file);
    expect(message).toContain(path);
    expect(message!.startsWith(path) ? message!.slice(path.length) : message).toMatch(says);
  });

  it('a file that is not there', () => {
    expect(answers.at(-1)!.message).toBe(`${join(folder, 'absent.ts')}: there is no such file`);
  });

  it('a data set of another shape, or of a name that is taken', async () => {
    writeFileSync(join(folder, 'layout.ts'), dataset.replace("layout: ['.'],", ''));
    writeFileSync(join(folder, 'icons.ts'), dataset.replace("name: 'mine'", "name: 'icons'"));
    const said = await add(['dataset', 'layout.ts'], ['dataset', 'icons.ts']);
    expect(said[0]!.message).toMatch(
      /layout\.ts(:\d+:\d+)?: distributions\[0\]\.layout must be a list of paths, such as \["\."\]$/,
    );
    expect(said[1]!.message).toMatch(/icons\.ts: there is a data set "icons" already/);
  });
});

it('the example of docs/adding-a-loss.md is its float64 loop', async () => {
  const example = fileURLToPath(new URL('../../../../docs/examples/circle.ts', import.meta.url));
  // Under another name, should it have become one of the repository's own.
  const text = readFileSync(example, 'utf8').replace("name: 'circle'", "name: 'example'");
  writeFileSync(join(folder, 'example.ts'), text);
  expect((await add(['loss', 'example.ts']))[0]).not.toHaveProperty('message');
});

describe('the hash of a file', () => {
  const hashOf = async (file: string) => (await add(['loss', file]))[0]!.sources!;

  it('is that of the file and of all that it imports, wherever they lie', async () => {
    const margin = "export { MARGIN } from './number.ts';\n";
    const number = 'export const MARGIN: number = 0.3;\n';
    const importing = loss
      .replace("'margin', 0.3", "'margin', MARGIN")
      .replace(
        "from '@clce/losses/define';",
        "from '@clce/losses/define';\nimport { MARGIN } from './margin.ts';",
      );
    for (const place of ['a', 'b']) {
      mkdirSync(join(folder, place));
      writeFileSync(join(folder, place, 'mine.ts'), importing);
      writeFileSync(join(folder, place, 'second.ts'), importing.replace("name: 'mine'", "name: 'second'"));
      writeFileSync(join(folder, place, 'margin.ts'), margin);
      writeFileSync(join(folder, place, 'number.ts'), number);
    }
    const before = await hashOf('a/second.ts');
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    // Node has found the imports of margin.ts before it reads second.ts.
    expect((await add(['loss', 'b/mine.ts'], ['loss', 'b/second.ts']))[1]!.sources).toBe(before);
    writeFileSync(join(folder, 'a/number.ts'), `// A comment.\n${number}`);
    expect(await hashOf('a/second.ts')).not.toBe(before);
  });
});
