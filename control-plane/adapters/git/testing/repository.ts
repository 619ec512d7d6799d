/** Real repositories, and a real server for them: git's own http-backend behind a Node HTTP server. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

export class TestRepository {
  readonly directory: string;

  /** Makes an empty repository with the branch `main`. */
  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
    this.git('init', '--quiet', '--initial-branch=main');
  }

  git(...args: string[]): string {
    return this.gitWith('', ...args);
  }

  gitWith(input: string | Buffer, ...args: string[]): string {
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: this.directory,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.org',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.org',
    };
    return execFileSync('git', args, { cwd: this.directory, env, input, stdio: ['pipe', 'pipe', 'pipe'] })
      .toString()
      .trim();
  }

  write(path: string, content: string | Buffer, mode = 0o644): void {
    mkdirSync(dirname(join(this.directory, path)), { recursive: true });
    writeFileSync(join(this.directory, path), content, { mode });
  }

  /** Commits everything that is there; answers the id. */
  commit(message: string): string {
    this.git('add', '--all', '--force');
    this.git('commit', '--quiet', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  /** Commits a tree that no working folder could hold; entries as `mode name content`. */
  commitRaw(entries: readonly { mode: string; name: string | Buffer; object: string }[]): string {
    const tree = Buffer.concat(
      entries.map(({ mode, name, object }) =>
        Buffer.concat([Buffer.from(`${mode} `), Buffer.from(name), Buffer.from([0]), Buffer.from(object, 'hex')]),
      ),
    );
    const id = this.gitWith(tree, 'hash-object', '-t', 'tree', '-w', '--literally', '--stdin');
    const commit = this.git('commit-tree', id, '-m', 'raw');
    this.git('update-ref', 'refs/heads/main', commit);
    return commit;
  }

  blob(content: string): string {
    return this.gitWith(content, 'hash-object', '-w', '--stdin');
  }
}

export interface GitServer {
  readonly url: string;
  /** Times that a pack was asked for. */
  readonly fetches: () => number;
  close(): Promise<void>;
}

/**
 * Serves the repositories below `root`. Paths below `/moved/` redirect, `/private/` wants a login, `/silent/` never answers,
 * `/login/` wants that of `login`, `/old/` speaks protocol version 0 only, `/slow/` sends 64 KiB every 10 ms.
 */
export async function serveRepositories(
  root: string,
  login?: { readonly username: string; readonly password: string },
): Promise<GitServer> {
  const expected = login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  let fetches = 0;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname.startsWith('/silent/')) return;
    if (url.pathname.startsWith('/moved/')) {
      response.writeHead(302, { Location: request.url!.replace('/moved/', '/') }).end();
    } else if (
      url.pathname.startsWith('/private/') ||
      (url.pathname.startsWith('/login/') && request.headers.authorization !== expected)
    ) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="private"' }).end();
    } else {
      if (url.pathname.endsWith('/git-upload-pack')) fetches += 1;
      const [, way] = /^\/(old|slow|login)\//.exec(url.pathname) ?? [];
      if (way !== undefined) url.pathname = url.pathname.slice(way.length + 1);
      if (way === 'old') delete request.headers['git-protocol'];
      backend(root, url, request, response, way === 'slow' ? 10 : 0);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    fetches: () => fetches,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** CGI (RFC 3875), as much of it as git-http-backend(1) needs. */
function backend(
  root: string,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
  pauseMilliseconds: number,
): void {
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH ?? '',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => child.stdin.destroy());
  request.pipe(child.stdin);
  let head: Buffer | undefined = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    if (head === undefined) {
      response.write(chunk);
      if (pauseMilliseconds === 0) return;
      child.stdout.pause();
      setTimeout(() => child.stdout.resume(), pauseMilliseconds);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    for (const line of head.subarray(0, end).toString().split('\r\n')) {
      const [name = '', value = ''] = line.split(/: (.*)/);
      if (name.toLowerCase() === 'status') response.statusCode = Number(value.slice(0, 3));
      else response.setHeader(name, value);
    }
    response.write(head.subarray(end + 4));
    head = undefined;
  });
  response.once('close', () => child.kill());
  child.once('close', () => response.end());
}
