import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvLines, csvOf, csvText } from './csv.ts';
import { latexText, markdownText } from './markup.ts';
import { isDrawable, visible } from './visible.ts';

/** Text of characters that some format reads as a command. */
const hostile = fc
  .array(
    fc.constantFrom(
      ...[
        '=',
        '+',
        '-',
        '@',
        '\t',
        '\r',
        '\n',
        "'",
        '"',
        ',',
        '|',
        '<',
        '>',
        '&',
        '\\',
        '{',
        '}',
        '$',
        '%',
        '#',
      ],
      ...[
        '_',
        '^',
        '~',
        '[',
        ']',
        '*',
        '`',
        '\u001b',
        '\u0007',
        '\u009b',
        '\u202e',
        '\u2066',
        '\u2028',
        '\ud800',
        '\u200b',
        '\ufeff',
        '\u3164',
        '\v',
        '\u00a0',
      ],
      ...['a', '1', 'λ', '·', '－', '＝', '画', '😀', ' '],
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

const all = (property: (text: string) => void) =>
  fc.assert(
    fc.property(hostile, (text) => {
      property(text);
    }),
    { seed: 25, numRuns: 2000 },
  );

describe('a terminal', () => {
  it('gets no character that moves its cursor or turns a line around', () => {
    all((text) => {
      expect(visible(text)).not.toMatch(/[^\P{Cc}\n\t]|[\p{Cf}\p{Cs}\u2028\u2029\u3164]/u);
      expect(visible(visible(text))).toBe(visible(text));
    });
    expect(visible('\u001b]0;title\u0007 \u202eabc')).toBe(String.raw`\u001b]0;title\u0007 \u202eabc`);
    expect(visible('CLCE, λ = 0.5 · 画像 😀\n\t')).toBe('CLCE, λ = 0.5 · 画像 😀\n\t');
  });

  it('gets JSON that means the same', () => {
    all((text) => expect(JSON.parse(visible(JSON.stringify({ [text]: text })))).toEqual({ [text]: text }));
  });
});

describe('a plot', () => {
  it.each([
    ...['\u00ad', '\u034f', '\u115f', '\u17b4', '\u180e', '\u200b', '\u200d', '\u2060', '\u2800'],
    ...['\u3164', '\ufe0f', '\ufeff', '\uffa0', '\u{1d173}', '\u{e0041}'],
  ])('does not hide a character that is drawn as nothing: %j', (character) => {
    expect(isDrawable(`CE${character}`)).toBe(false);
    expect(visible(`CE${character}`)).toMatch(/^CE(\\u[\da-f]{4})+$/);
  });

  it('draws one line of text that a terminal shows as it is', () => {
    all((text) => expect(isDrawable(text)).toBe(visible(text) === text && !/[\n\t]/.test(text)));
  });
});

describe('CSV', () => {
  const rowsOf = (csv: string): string[][] => parse(csv, { record_delimiter: ['\r\n', '\n'] });

  it('has no cell that a spreadsheet runs, and gives every text back', () => {
    all((text) => {
      const [header, row] = rowsOf(csvOf([text], [{ [text]: text }]));
      for (const cell of [header![0]!, row?.[0] ?? '']) {
        expect(cell).not.toMatch(/^[\s\u200b]*[=+\-@＝＋－＠]/u);
        // UTF-8 holds no half of a pair.
        expect(csvText(cell)).toBe(Buffer.from(text).toString());
      }
    });
  });

  it.each(['\n=1+1', ' =1', '\t=1', '\r\n@x', '\u00a0+1', '\ufeff=1', '\u200b-1', '\v＝1', "' =1"])(
    'makes text of %j',
    (text) => {
      const [, [cell] = []] = rowsOf(csvOf(['a'], [{ a: text }]));
      expect(cell).toBe(`'${text}`);
      expect(csvText(cell!)).toBe(text);
    },
  );

  it('leaves numbers numbers, and what is missing empty', () => {
    expect(csvOf(['a', 'b', 'c'], [{ a: -1.5e-7, b: null, c: '-1.5' }])).toBe("a,b,c\n-1.5e-7,,'-1.5\n");
    expect(csvLines(['x'], [[['=1', 2]], [true], ["'=1"]])).toBe('x\n"[""=1"",2]"\ntrue\n\'\'=1\n');
  });
});

describe('a row of a table', () => {
  it('in Markdown keeps one line, one cell and no markup', () => {
    all((text) => {
      const written = markdownText(text);
      expect(written).not.toMatch(/[\n\r<>]/);
      // Without what is escaped, nothing is left that begins markup.
      expect(written.replace(/\\[\\`*_[\]|~$]/g, '').replace(/\\u[\da-f]{4}/g, '')).not.toMatch(
        /[\\`*_[\]|~$]/,
      );
    });
    expect(markdownText('a|b\\x\n<script>')).toBe(String.raw`a\|b\\x &lt;script&gt;`);
  });

  it('in LaTeX has no command but our own', () => {
    const own =
      /\\text(backslash|asciitilde|asciicircum|less|greater|bar)\{\}|\$\\(lambda|tau|beta|cdot)\$|\{[[*]\}|\\[&%$#_{}]/g;
    all((text) => expect(latexText(text).replace(own, '')).not.toMatch(/[\\&%$#_{}~^<>|[*\n\r]/));
    expect(latexText('a|b\\input /etc ~^')).toBe(
      String.raw`a\textbar{}b\textbackslash{}input /etc \textasciitilde{}\textasciicircum{}`,
    );
    expect(latexText('CLCE · λ 50 % & more_')).toBe(String.raw`CLCE $\cdot$ $\lambda$ 50 \% \& more\_`);
  });
});
