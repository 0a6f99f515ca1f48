import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((page) => page !== '' && existsSync(join(root, page)));

/** The anchors that GitHub gives to a page's headings. */
function anchorsOf(page: string): string[] {
  const headings = [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function prose(page: string): string {
  return readFileSync(page, 'utf8').replaceAll(/^```.*?^```/gms, '');
}

it('every link of a page leads to a file, and its anchor to a heading', () => {
  let links = 0;
  const broken = pages.flatMap((page) => {
    const path = join(root, page);
    return [...prose(path).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link]) => {
      if (/^[a-z]+:/.test(link!)) return [];
      links++;
      const [file, anchor] = link!.split('#') as [string, string?];
      const target = file === '' ? path : resolve(dirname(path), file);
      const leads = existsSync(target) && (anchor === undefined || anchorsOf(target).includes(anchor));
      return leads ? [] : [`${relative(root, path)}: ${link}`];
    });
  });
  expect(broken).toEqual([]);
  expect(links).toBeGreaterThan(100);
});
