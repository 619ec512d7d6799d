/** Clients for tests. */
import { Agent, request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { connect } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Rejects when the connection breaks before the answer is complete. */
export function ask(port: number, options: RequestOptions & { body?: string } = {}): Promise<Answer> {
  const { body, ...rest } = options;
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path: '/', agent: false, ...rest }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

export interface LoadResult {
  readonly statuses: Record<number, number>;
  /** Requests without a complete answer. */
  readonly broken: string[];
  readonly total: number;
}

/** `clients` keep-alive clients, each sending its next request when it has its answer; `stop` ends them after it. */
export function load(
  port: number,
  clients: number,
  options: RequestOptions & { body?: string } = {},
): { readonly progress: () => number; stop(): Promise<LoadResult> } {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const statuses: Record<number, number> = {};
  const broken: string[] = [];
  let total = 0;
  let running = true;
  const one = async (): Promise<void> => {
    while (running) {
      try {
        const { status } = await ask(port, { ...options, agent });
        statuses[status] = (statuses[status] ?? 0) + 1;
      } catch (error) {
        broken.push(String(error));
      }
      total++;
    }
  };
  const all = Promise.all(Array.from({ length: clients }, one));
  return {
    progress: () => total,
    stop: async () => {
      running = false;
      await all;
      agent.destroy();
      return { statuses, broken, total };
    },
  };
}

/** Sends bytes as they are and resolves to all that comes back until the connection ends. */
export function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let got = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (got += chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(got));
  });
}
