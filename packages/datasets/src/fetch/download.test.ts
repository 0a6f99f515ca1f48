import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RemoteFile } from '../adapter.ts';
import { DatasetError, type DatasetFault } from '../errors.ts';
import { type FileServer, fileServer } from '../testing/file-server.ts';
import { checkFile } from './checksum.ts';
import { type DownloadFiles, type DownloadOptions, download } from './download.ts';

/** 100,000 bytes without a pattern: thirteen ranges of 8,000. */
const CONTENT = Buffer.concat(
  Array.from({ length: 3125 }, (_, i) => createHash('sha256').update(String(i)).digest()),
);
const RANGE = 8_000;

let root: string;
let server: FileServer;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'clce-download-'));
  server = await fileServer({ 'set.tar': CONTENT });
});
afterEach(async () => {
  await server.close();
  rmSync(root, { recursive: true });
});

function remote(change: Partial<RemoteFile> = {}): RemoteFile {
  const value = createHash('md5').update(CONTENT).digest('hex');
  return {
    name: 'set.tar',
    urls: [`${server.url}/set.tar`],
    size: CONTENT.length,
    checksum: { algorithm: 'md5', value, source: 'this test' },
    unpack: { format: 'copy' },
    ...change,
  };
}

async function run(file = remote(), options: DownloadOptions = {}): Promise<void> {
  const check = async (part: string): Promise<void> => {
    await checkFile(root, 'set', file, part);
  };
  await download(file, join(root, 'set.tar'), check, {
    rangeBytes: RANGE,
    backoffMs: 1,
    attempts: 3,
    ...options,
  });
}

async function faultOf(action: Promise<unknown>): Promise<{ fault: DatasetFault; message: string }> {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DatasetError)) throw new Error(`expected a DatasetError, got ${String(error)}`);
  expect(error.message).not.toContain('\n');
  return error;
}

const arrived = (): Buffer => readFileSync(join(root, 'set.tar'));

describe('download', () => {
  it('fetches ranges in parallel and leaves the file alone', async () => {
    const progress: number[] = [];
    await run(remote(), { onProgress: (received) => progress.push(received) });
    expect(arrived().equals(CONTENT)).toBe(true);
    expect(readdirSync(root)).toEqual(['set.tar']);
    expect(new Set(server.requests.map(({ range }) => range)).size).toBe(1 + 13);
    expect(progress.at(-1)).toBe(CONTENT.length);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  it('reads a server without ranges in one piece', async () => {
    server.ranges = false;
    await run();
    expect(arrived().equals(CONTENT)).toBe(true);
  });

  it('resumes after the server died half-way, without requesting received bytes again', async () => {
    let served = 0;
    server.fault = (request, response) => {
      if (request.headers.range === 'bytes=0-0' || served++ < 5) return false;
      response.destroy();
      return true;
    };
    const { fault, message } = await faultOf(run(remote(), { connections: 1 }));
    expect(fault).toBe('download');
    expect(message).toContain('run the same command to continue');
    expect(readdirSync(root).sort()).toEqual(['set.tar.part', 'set.tar.part.json']);

    server.fault = () => false;
    server.requests.length = 0;
    await run();
    expect(arrived().equals(CONTENT)).toBe(true);
    expect(server.requests).toHaveLength(1 + 13 - 5);
  });

  it('resumes within an interrupted range', async () => {
    let broken: ServerResponse | undefined;
    server.fault = (request, response) => {
      const from = /^bytes=(\d+)-(\d{2,})$/.exec(request.headers.range ?? '');
      if (from === null || broken !== undefined) return false;
      broken = response;
      const [start, end] = [Number(from[1]), Number(from[2])];
      const etag = `"${createHash('sha1').update(CONTENT).digest('hex')}"`;
      const range = `bytes ${start}-${end}/${CONTENT.length}`;
      response.writeHead(206, { 'content-length': end + 1 - start, 'content-range': range, etag });
      response.write(CONTENT.subarray(start, start + 3_000));
      return true;
    };
    const onProgress = (received: number): void => {
      if (received === 3_000) broken?.destroy();
    };
    await run(remote(), { connections: 1, onProgress });
    expect(arrived().equals(CONTENT)).toBe(true);
    expect(server.requests.map(({ range }) => range)).toContain('bytes=3000-7999');
  });

  it('starts over when the file has changed between two runs', async () => {
    const first = new AbortController();
    await run(remote(), {
      connections: 1,
      signal: first.signal,
      onProgress: (received) => {
        if (received > 40_000) first.abort(new Error('stopped'));
      },
    }).catch((error: unknown) => expect(String(error)).toContain('stopped'));
    const changed = Buffer.from(CONTENT.map((byte) => byte ^ 1));
    server.files.set('set.tar', changed);
    const value = createHash('md5').update(changed).digest('hex');
    await run(remote({ checksum: { algorithm: 'md5', value, source: 'this test' } }));
    expect(arrived().equals(changed)).toBe(true);
  });

  it('waits and asks again when the server is overloaded', async () => {
    let refused = 0;
    server.fault = (_, response) => {
      if (refused++ % 2 === 1) return false;
      response.writeHead(503).end();
      return true;
    };
    await run(remote(), { connections: 1 });
    expect(arrived().equals(CONTENT)).toBe(true);
  });

  it('uses a mirror when the official address fails, and reports every answer when all addresses fail', async () => {
    await run(remote({ urls: [`${server.url}/gone`, `${server.url}/set.tar`] }));
    expect(arrived().equals(CONTENT)).toBe(true);
    rmSync(join(root, 'set.tar'));
    const { message } = await faultOf(run(remote({ urls: [`${server.url}/gone`, `${server.url}/lost`] })));
    expect(message).toContain('/gone answered 404');
    expect(message).toContain('/lost answered 404');
  });
});

describe('a server that cannot be believed', () => {
  it('bytes that contradict the checksum', async () => {
    server.files.set('set.tar', Buffer.from(CONTENT.map((byte, i) => (i === 50_000 ? byte ^ 1 : byte))));
    const { fault, message } = await faultOf(run());
    expect(fault).toBe('checksum');
    expect(message).toContain('this test');
    expect(readdirSync(root)).toEqual([]);
  });

  it('another size than the published one', async () => {
    server.files.set('set.tar', CONTENT.subarray(1));
    const { fault, message } = await faultOf(run());
    expect(fault).toBe('download');
    expect(message).toContain('offers 99999 bytes');
    expect(readdirSync(root)).toEqual([]);
  });

  it.each([
    ['more', 150_000],
    ['less', 50_000],
  ])('a Content-Length that says %s than is sent', async (_, length) => {
    server.ranges = false;
    server.fault = (_request, response) => {
      response.writeHead(200, { 'content-length': length });
      response.flushHeaders();
      response.socket?.end(CONTENT);
      return true;
    };
    const { fault } = await faultOf(run());
    expect(fault).toBe('download');
    expect(readdirSync(root)).not.toContain('set.tar');
  });

  it('a Content-Length that is never reached, where no size is published', async () => {
    server.ranges = false;
    server.fault = (_, response) => {
      response.writeHead(200, { 'content-length': 150_000 });
      response.flushHeaders();
      response.socket?.end(CONTENT);
      return true;
    };
    const { size: _, ...unsized } = remote();
    const { fault, message } = await faultOf(run(unsized));
    expect(fault).toBe('download');
    expect(message).toContain('3 times');
    expect(readdirSync(root)).toEqual([]);
  });

  it('a body without length and without end', async () => {
    server.ranges = false;
    server.fault = (_, response) => {
      response.writeHead(200);
      response.write(CONTENT);
      response.end(CONTENT);
      return true;
    };
    const { fault, message } = await faultOf(run());
    expect(fault).toBe('download');
    expect(message).toContain('sent more than 100000 bytes');
    expect(readdirSync(root)).toEqual([]);
  });

  it('a redirect loop', async () => {
    server.fault = (_, response) => {
      response.writeHead(302, { location: '/set.tar' }).end();
      return true;
    };
    const { fault, message } = await faultOf(run());
    expect(fault).toBe('download');
    expect(message).toContain('redirects in a loop');
    expect(readdirSync(root)).toEqual([]);
  });

  it('silence', async () => {
    server.fault = () => true;
    const { fault, message } = await faultOf(run(remote(), { idleMs: 20, attempts: 2 }));
    expect(fault).toBe('download');
    expect(message).toContain('was silent');
  });

  it('a range other than the one asked for', async () => {
    server.fault = (request, response) => {
      if (request.headers.range === 'bytes=0-0') return false;
      const etag = `"${createHash('sha1').update(CONTENT).digest('hex')}"`;
      response.writeHead(206, { 'content-range': `bytes 7-8/${CONTENT.length}`, etag }).end('ab');
      return true;
    };
    const { message } = await faultOf(run(remote(), { connections: 1 }));
    expect(message).toContain('another range');
  });

  it('a file that changes while it is fetched', async () => {
    let answered = 0;
    server.fault = () => {
      if (answered++ === 3) server.files.set('set.tar', Buffer.from(CONTENT.map((byte) => byte ^ 1)));
      return false;
    };
    const { fault, message } = await faultOf(run(remote(), { connections: 1 }));
    expect(fault).toBe('download');
    expect(message).toContain('changed the file during');
    expect(readdirSync(root)).not.toContain('set.tar');
  });
});

describe('a full disk', () => {
  const noSpace = (): Error => Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });

  it('is noticed before anything is fetched', async () => {
    const files: DownloadFiles = {
      ...nodeFiles,
      statfs: (async (path: string) => ({
        ...(await nodeFiles.statfs(path)),
        bavail: 1,
        bsize: 4096,
      })) as never,
    };
    const { fault, message } = await faultOf(run(remote(), { files }));
    expect(fault).toBe('disk-full');
    expect(message).toContain('free');
    expect(readdirSync(root)).toEqual([]);
  });

  it('half-way leaves a part that can be resumed', async () => {
    let writes = 0;
    const files: DownloadFiles = {
      ...nodeFiles,
      open: async (path, flags) => {
        const handle = await nodeFiles.open(path, flags);
        const write = handle.write.bind(handle);
        handle.write = ((...args: Parameters<typeof write>) =>
          ++writes > 6 ? Promise.reject(noSpace()) : write(...args)) as never;
        return handle;
      },
    };
    const { fault } = await faultOf(run(remote(), { files, connections: 1 }));
    expect(fault).toBe('disk-full');
    expect(readdirSync(root).sort()).toEqual(['set.tar.part', 'set.tar.part.json']);
    server.requests.length = 0;
    await run();
    expect(arrived().equals(CONTENT)).toBe(true);
    expect(server.requests.length).toBeLessThan(1 + 13);
  });
});
