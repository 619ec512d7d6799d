/** A real HTTP server for tests. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TOKEN } from './broker.ts';

/** The instance endpoints of a control plane: archives with ranges, configurations and secrets. */
export class TestEndpoints {
  readonly archives = new Map<string, Buffer>();
  readonly configurations = new Map<string, string>();
  readonly secrets = new Map<string, string>();
  readonly requests: {
    readonly url: string;
    readonly authorization: string | undefined;
    readonly range: string | undefined;
  }[] = [];
  /** Answers instead of the ordinary way when it returns true. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  #server: Server | undefined;
  readonly #host: string;
  port = 0;

  /** @param host the address that it listens on */
  constructor(host = '127.0.0.1') {
    this.#host = host;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, this.#host, resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://${this.#host}:${this.port}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { authorization, range } = request.headers;
    this.requests.push({ url: request.url ?? '', authorization, range });
    if (this.intercept(request, response)) return;
    if (authorization !== `Bearer ${TOKEN}`) return void response.writeHead(401).end();
    const [, kind, name = ''] = request.url?.split('/') ?? [];
    const kept = { archives: this.archives, configurations: this.configurations, secrets: this.secrets }[kind ?? ''];
    const body = kept?.get(name);
    if (body === undefined) return void response.writeHead(404).end();
    const bytes = Buffer.from(body as Buffer);
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? -1);
    if (start < 0) return void response.writeHead(200).end(bytes);
    response.writeHead(206, { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` });
    response.end(bytes.subarray(start));
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise<void>((resolve) => this.#server?.close(() => resolve()) ?? resolve());
  }
}
