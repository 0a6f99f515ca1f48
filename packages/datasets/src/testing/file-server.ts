/** A real HTTP server for tests; it can imitate the failures of data set servers. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FileServer {
  /** Address without a trailing slash. */
  url: string;
  /** Files by path without a leading slash. Tests may change them while the server runs. */
  files: Map<string, Buffer>;
  /** Path and Range header of every request, in order. */
  requests: { path: string; range: string | undefined }[];
  /** Returns true if it has answered the request itself. */
  fault: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Whether the server honours Range headers. */
  ranges: boolean;
  close(): Promise<void>;
}

export async function fileServer(files: Readonly<Record<string, Buffer>> = {}): Promise<FileServer> {
  const http = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').slice(1));
    server.requests.push({ path, range: request.headers.range });
    if (server.fault(request, response)) return;
    const bytes = server.files.get(path);
    if (bytes === undefined) {
      response.writeHead(404).end();
      return;
    }
    serve(bytes, server.ranges ? request.headers.range : undefined, response);
  });
  await new Promise<void>((ready) => http.listen(0, '127.0.0.1', ready));
  const server: FileServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    files: new Map(Object.entries(files)),
    requests: [],
    fault: () => false,
    ranges: true,
    close: () =>
      new Promise((closed) => {
        http.close(() => closed());
        http.closeAllConnections();
      }),
  };
  return server;
}

function serve(bytes: Buffer, range: string | undefined, response: ServerResponse): void {
  const etag = `"${createHash('sha1').update(bytes).digest('hex')}"`;
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === undefined) {
    response.writeHead(200, { 'content-length': bytes.length, etag }).end(bytes);
    return;
  }
  const start = Number(from);
  const end = to === '' || to === undefined ? bytes.length : Math.min(Number(to) + 1, bytes.length);
  const headers = {
    'content-length': end - start,
    'content-range': `bytes ${start}-${end - 1}/${bytes.length}`,
    etag,
  };
  response.writeHead(206, headers).end(bytes.subarray(start, end));
}
