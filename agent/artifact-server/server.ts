/** Gives archives to who shows what it was given for them: `GET /artifacts/DIGEST`, with ranges; `GET /ready` for Kubernetes. */
import { timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { artifactBearer, ARTIFACTS_PATH } from '../../schema/agent/artifact-server.ts';
import { READINESS_PATH } from '../../schema/agent/readiness.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import type { Shelf } from './shelf.ts';

const MOST_CONNECTIONS = 256;
const HEADERS_MILLISECONDS = 10_000;
const IDLE_MILLISECONDS = 30_000;
const ARTIFACT = new RegExp(`^${ARTIFACTS_PATH}/(sha256-[0-9a-f]{64})$`);
const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/;
const RANGE = /^bytes=(\d{1,15})-(\d{1,15})?$/;

export interface ArchiveServerOptions {
  readonly port: number;
  readonly shelf: Pick<Shelf, 'path'>;
  /** The server's own token; what is shown for an artifact is made of it. Throws where there is none. */
  readonly token: () => string;
  /** Somebody who may have it has asked for what is not here. */
  readonly onMissing: () => void;
  readonly log: AgentLog;
}

export class ArchiveServer {
  readonly #options: ArchiveServerOptions;
  readonly #server: Server;

  constructor(options: ArchiveServerOptions) {
    this.#options = options;
    this.#server = createServer({ headersTimeout: HEADERS_MILLISECONDS }, (request, response) => {
      this.#answer(request, response).catch((error: Error) => {
        options.log('warn', 'an answer broke off', { error: error.message });
        response.destroy();
      });
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.timeout = IDLE_MILLISECONDS;
  }

  /** Resolves with the port. */
  async open(): Promise<number> {
    await new Promise<void>((resolve, reject) =>
      this.#server.once('error', reject).listen(this.#options.port, () => resolve()),
    );
    return (this.#server.address() as AddressInfo).port;
  }

  /** What is being given is given to its end, for a while. */
  async close(): Promise<void> {
    this.#server.closeIdleConnections();
    const force = setTimeout(() => this.#server.closeAllConnections(), HEADERS_MILLISECONDS);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    clearTimeout(force);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead) return refuse(response, 405, 'METHOD_NOT_ALLOWED', 'this can only be read');
    if (request.url === READINESS_PATH) return void response.end();
    const digest = ARTIFACT.exec(request.url ?? '')?.[1];
    if (digest === undefined) return refuse(response, 404, 'NOT_FOUND', `archives are at ${ARTIFACTS_PATH}/sha256-…`);
    // Before it is looked for: who may not have it does not learn whether it is here.
    if (!this.#mayHave(request, digest))
      return refuse(response, 401, 'UNAUTHENTICATED', 'show what the release document says for this artifact');
    const path = this.#options.shelf.path(digest);
    if (path === undefined) {
      this.#options.onMissing();
      return refuse(response, 404, 'ARTIFACT_NOT_FOUND', `the artifact ${digest} is not here (yet)`);
    }
    await send(request, response, path, digest);
  }

  #mayHave({ headers }: IncomingMessage, digest: string): boolean {
    const shown = Buffer.from(BEARER.exec(headers.authorization ?? '')?.[1] ?? '');
    const expected = Buffer.from(artifactBearer(this.#options.token(), digest));
    return shown.length === expected.length && timingSafeEqual(shown, expected);
  }
}

async function send(request: IncomingMessage, response: ServerResponse, path: string, digest: string): Promise<void> {
  const { size } = await stat(path);
  const [, from, to] = RANGE.exec(request.headers.range ?? '') ?? [];
  const start = Number(from ?? 0);
  const end = Math.min(size - 1, Number(to ?? size - 1));
  response.setHeader('accept-ranges', 'bytes');
  if (from !== undefined && (start >= size || end < start)) {
    response.setHeader('content-range', `bytes */${size}`);
    return refuse(response, 416, 'RANGE_NOT_SATISFIABLE', 'the archive has not that many bytes');
  }
  response.writeHead(from === undefined ? 200 : 206, {
    ...{ 'content-type': 'application/gzip', etag: `"${digest}"`, 'content-length': end - start + 1 },
    ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  if (request.method === 'HEAD' || size === 0) return void response.end();
  await pipeline(createReadStream(path, { start, end }), response);
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ error: { code, message } }));
}
