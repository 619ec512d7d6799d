/** Instances for tests: real HTTP servers, in this process or, to be killed, in one of their own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export class Backend {
  readonly server: Server;
  readonly port: number;
  requests = 0;
  inFlight = 0;
  mostInFlight = 0;

  private constructor(server: Server, port: number) {
    this.server = server;
    this.port = port;
  }

  static async start(handler: Handler, port = 0): Promise<Backend> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const backend = new Backend(server, (server.address() as AddressInfo).port);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      backend.requests++;
      backend.inFlight++;
      backend.mostInFlight = Math.max(backend.mostInFlight, backend.inFlight);
      // A request is over when its answer is, not when the server has noticed that the answer has left.
      let over = false;
      const end = (): void => {
        if (!over) backend.inFlight--;
        over = true;
      };
      response.on('prefinish', end).on('close', end);
      handler(request, response);
    });
    return backend;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }
}

const CHILD = `
  const server = require('node:http').createServer((request, response) => {
    request.resume();
    setTimeout(() => response.end('child'), Number(process.env.DELAY));
  });
  server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log(server.address().port));
`;

/** An instance in a process of its own. */
export class ChildBackend {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(delayMilliseconds: number, port = 0): Promise<ChildBackend> {
    const child = spawn(process.execPath, ['-e', CHILD], {
      env: { PATH: process.env.PATH, DELAY: String(delayMilliseconds), PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return new ChildBackend(child, Number(line.toString()));
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** Answers after a time. */
export function after(milliseconds: number, text = 'ok'): Handler {
  return (request, response) => {
    request.resume();
    setTimeout(() => response.end(text), milliseconds);
  };
}
