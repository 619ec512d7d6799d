/**
 * Says to Kubernetes whether the application is ready: 200 while it serves, else 503 with the state. So a pod is Ready when its application
 * is, and whoever goes by that (budgets for disruptions, `kubectl rollout`) goes by the truth. Anybody may ask; nothing else is answered.
 */
import { createServer, type Server } from 'node:http';
import { READINESS_PATH } from '../../schema/agent/readiness.ts';
import type { AgentLog } from '../logs/agent-log.ts';

const LONGEST_REQUEST_MILLISECONDS = 2000;
const MOST_CONNECTIONS = 16;

export interface ReadinessOptions {
  /** 0: any that is free. */
  readonly port: number;
  readonly state: () => string;
  readonly log: AgentLog;
}

export class Readiness {
  readonly #server: Server;
  readonly #options: ReadinessOptions;

  constructor(options: ReadinessOptions) {
    this.#options = options;
    this.#server = createServer(
      {
        requestTimeout: LONGEST_REQUEST_MILLISECONDS,
        maxHeaderSize: 4096,
        keepAliveTimeout: LONGEST_REQUEST_MILLISECONDS,
      },
      ({ method, url }, response) => {
        const isKnown = url === READINESS_PATH && (method === 'GET' || method === 'HEAD');
        const state = options.state();
        response.writeHead(isKnown ? (state === 'active' ? 200 : 503) : 404, { 'content-type': 'text/plain' });
        response.end(isKnown ? `${state}\n` : undefined);
      },
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** The port that it listens at; undefined where it cannot: the instance serves all the same. */
  async open(): Promise<number | undefined> {
    const { port, log } = this.#options;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(port, () => {
          this.#server.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      log('error', 'the port for readiness cannot be listened at: Kubernetes will not see that the instance is ready', {
        port,
        error: (error as Error).message,
      });
      return undefined;
    }
    this.#server.on('error', (error) => log('error', 'readiness', { error: error.message }));
    this.#server.unref();
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : undefined;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
