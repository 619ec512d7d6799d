/**
 * Requests over node:http and node:https. Not `fetch`, and not by `import`: either loads undici, which takes longer than all the rest
 * that a short command does.
 */
import type * as Http from 'node:http';
import type * as Https from 'node:https';
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';

const require = createRequire(import.meta.url);

export interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly url: string;
  readonly status: number;
  /** By its name in lower case; null: it is not there. */
  header(name: string): string | null;
  /** To be read, or destroyed. */
  readonly body: Readable;
}

/** Keeps connections for the next request until it is closed; they keep no process alive. */
export class Connections {
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #agents = new Map<string, Http.Agent>();

  /** @param env `NODE_USE_ENV_PROXY` and the variables of proxies count as they do for Node.js itself */
  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = env;
  }

  /**
   * Resolves with the beginning of the answer, whatever its status; redirections are not followed. Rejects with what Node.js says of the
   * network, and with what the body fails with while it is sent.
   */
  request(url: string, { method = 'GET', headers = {}, body, signal }: HttpRequest): Promise<HttpAnswer> {
    const isSecure = url.startsWith('https:');
    const { request } = (isSecure ? require('node:https') : require('node:http')) as typeof Http | typeof Https;
    return new Promise((resolve, reject) => {
      const asked = request(url, { method, headers, signal, agent: this.#agent(isSecure) }, (answer) => {
        resolve({
          url,
          status: answer.statusCode ?? 0,
          header: (name) => [answer.headers[name]].flat()[0] ?? null,
          body: answer,
        });
      });
      asked.on('error', reject);
      if (body === undefined || typeof body === 'string') return void asked.end(body);
      body.on('error', (error) => {
        asked.destroy();
        reject(error);
      });
      // Who refuses early has answered before all was sent.
      asked.on('close', () => body.destroy());
      body.pipe(asked);
    });
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #agent(isSecure: boolean): Http.Agent {
    const name = isSecure ? 'node:https' : 'node:http';
    const known = this.#agents.get(name);
    if (known !== undefined) return known;
    const { Agent } = require(name) as typeof Http;
    const proxy = this.#env.NODE_USE_ENV_PROXY === '1' ? { proxyEnv: this.#env } : {};
    const agent = new Agent({ keepAlive: true, ...proxy });
    this.#agents.set(name, agent);
    return agent;
  }
}
