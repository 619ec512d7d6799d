/** The demo's control plane: the same `cartwright serve` that everybody runs, as a child that can be killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CartwrightError } from '../app/errors.ts';

export interface ControlPlaneFolders {
  readonly data: string;
  readonly repositories: string;
  readonly contexts: string;
  readonly log: string;
}

const READY_WITHIN_MILLISECONDS = 60_000;

export class ControlPlaneProcess {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #log: string;
  readonly url: string;
  #child: ChildProcess | null = null;

  private constructor(url: string, log: string, environment: NodeJS.ProcessEnv) {
    this.url = url;
    this.#log = log;
    this.#environment = environment;
  }

  /** Chooses free ports, which stay the same over restarts. */
  static async prepare(folders: ControlPlaneFolders): Promise<ControlPlaneProcess> {
    const [http, mqtt, publicPort] = await freePorts(3);
    return new ControlPlaneProcess(`http://127.0.0.1:${http}`, folders.log, {
      PATH: process.env.PATH,
      HOME: folders.data,
      CARTWRIGHT_DATA: folders.data,
      CARTWRIGHT_CONFIG: folders.contexts,
      CARTWRIGHT_HTTP_PORT: `${http}`,
      CARTWRIGHT_MQTT_PORT: `${mqtt}`,
      // The first is free; with --keep people deploy more.
      CARTWRIGHT_PUBLIC_PORTS: `${publicPort}-${Math.min(publicPort! + 19, 65_535)}`,
      CARTWRIGHT_GIT_FILE_ROOTS: folders.repositories,
      CARTWRIGHT_GIT_POLL_SECONDS: '2',
    });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it and waits until it says that it is ready. */
  async start(): Promise<void> {
    const log = openSync(this.#log, 'a', 0o600);
    const bin = join(import.meta.dirname, '../cli/bin.js');
    const child = spawn(process.execPath, [bin, 'serve'], {
      env: this.#environment,
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    const deadline = Date.now() + READY_WITHIN_MILLISECONDS;
    while (Date.now() < deadline) {
      if (child.exitCode !== null)
        throw new CartwrightError(
          'DEMO_FAILED',
          `the control plane ended with ${child.exitCode}; its log is ${this.#log}`,
        );
      if (await this.#isReady()) return;
      await sleep(50);
    }
    throw new CartwrightError(
      'DEMO_FAILED',
      `the control plane was not ready after ${READY_WITHIN_MILLISECONDS / 1000} s; its log is ${this.#log}`,
    );
  }

  async #isReady(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(1000) });
      await response.body?.cancel();
      return response.ok;
    } catch {
      // Not listening yet, or too busy to answer: asked again until the limit.
      return false;
    }
  }

  /** Ends it with a signal and waits until it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  /** Lets it go on after the demo. */
  release(): void {
    this.#child?.unref();
  }
}

/** Ports that are free now, found by the kernel. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
