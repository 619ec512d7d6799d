/** A whole control plane for tests that cross parts: the compiled program as a child process, in a temporary folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireBuilt } from './built.ts';
import { eventually } from './eventually.ts';
import { PRESENT } from './program.ts';

interface Answer<T> {
  readonly data?: T;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** Starts a control plane of a package's folder, its output piped. */
export type Launch = (program: string, environment: NodeJS.ProcessEnv) => ChildProcess;

const serve: Launch = (program, env) =>
  spawn(process.execPath, [join(program, 'dist/control-plane/cli/bin.js'), 'serve'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

export class Platform implements AsyncDisposable {
  readonly directory: string;
  readonly url: string;
  readonly #environment: NodeJS.ProcessEnv;
  #child: ChildProcess | null = null;
  #token: string | null = null;

  private constructor(directory: string, url: string, environment: NodeJS.ProcessEnv) {
    this.directory = directory;
    this.url = url;
    this.#environment = environment;
  }

  /** Starts the compiled program of these sources, or that of another package folder. */
  static async start(settings: Readonly<Record<string, string>> = {}, program?: string): Promise<Platform> {
    const platform = await Platform.prepare(settings);
    await platform.run(program);
    return platform;
  }

  /** Folders and ports; nothing runs yet. */
  static async prepare(settings: Readonly<Record<string, string>> = {}): Promise<Platform> {
    requireBuilt();
    const directory = await mkdtemp(join(tmpdir(), 'cartwright-test-'));
    await mkdir(join(directory, 'repositories'));
    const [http, mqtt, ...open] = await freePorts(6);
    return new Platform(directory, `http://127.0.0.1:${http}`, {
      PATH: process.env.PATH,
      HOME: directory,
      CARTWRIGHT_DATA: join(directory, 'data'),
      CARTWRIGHT_CONFIG: join(directory, 'contexts.json'),
      CARTWRIGHT_HTTP_PORT: `${http}`,
      CARTWRIGHT_MQTT_PORT: `${mqtt}`,
      CARTWRIGHT_PUBLIC_PORTS: `${Math.min(...open)}-${Math.max(...open)}`,
      CARTWRIGHT_GIT_FILE_ROOTS: join(directory, 'repositories'),
      CARTWRIGHT_GIT_POLL_SECONDS: '1',
      ...settings,
    });
  }

  /** Another control plane on the same data folder and repositories, which waits for the lease that `first` holds. */
  static async standby(first: Platform): Promise<Platform> {
    const directory = await mkdtemp(join(tmpdir(), 'cartwright-test-'));
    const [http, mqtt] = await freePorts(2);
    const platform = new Platform(directory, `http://127.0.0.1:${http}`, {
      ...first.environment,
      CARTWRIGHT_HTTP_PORT: `${http}`,
      CARTWRIGHT_MQTT_PORT: `${mqtt}`,
    });
    platform.#token = first.#token;
    await platform.waitAsStandby();
    return platform;
  }

  get data(): string {
    return this.#environment.CARTWRIGHT_DATA ?? join(this.directory, 'data');
  }

  get repositories(): string {
    return join(this.directory, 'repositories');
  }

  /** Environment under which the command line talks to this control plane. */
  get environment(): NodeJS.ProcessEnv {
    return this.#environment;
  }

  /** Starts the program (again), or another one on the same data, and waits until it is ready. Rejects when it ends before. */
  async run(program: string = PRESENT, launch: Launch = serve): Promise<void> {
    const child = this.#spawn(program, launch);
    const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
    await eventually('the control plane is ready', async () => hasEnded() || (await this.isReady()), 30_000);
    if (hasEnded())
      throw new Error(
        `the control plane ended (${child.signalCode ?? child.exitCode}): ${(await this.log()).slice(-2000)}`,
      );
    const contexts = JSON.parse(await readFile(join(this.directory, 'contexts.json'), 'utf8')) as {
      current: string;
      contexts: Record<string, { token: string }>;
    };
    this.#token = contexts.contexts[contexts.current]?.token ?? null;
  }

  /** Starts the program (again) and waits until it says that another one holds the lease. */
  async waitAsStandby(): Promise<void> {
    this.#spawn(PRESENT, serve);
    await eventually(
      'it is a standby',
      async () => {
        const response = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(1000) });
        return response.status === 503 && (await response.text()).includes('standby');
      },
      30_000,
    );
  }

  async isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(1000) })).ok;
    } catch {
      // Not there, or stopped where it stands.
      return false;
    }
  }

  /** Stops the program where it stands, and lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  /** Resolves with the exit code when the program ends by itself. */
  async ended(): Promise<number | null> {
    const child = this.#child;
    if (child !== null && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child?.exitCode ?? null;
  }

  #spawn(program: string, launch: Launch): ChildProcess {
    const child = launch(program, this.#environment);
    const log = createWriteStream(join(this.directory, 'serve.log'), { flags: 'a' });
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    this.#child = child;
    return child;
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  async ask<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
      body: JSON.stringify({ query, variables }),
    });
    const answer = (await response.json()) as Answer<T>;
    if (answer.errors !== undefined || answer.data === undefined) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  }

  /** Applies manifests; throws the first user error. */
  async apply(manifest: unknown): Promise<void> {
    const { apply } = await this.ask<{ apply: { userErrors: { code: string; message: string }[] } }>(
      'mutation ($input: ApplyInput!) { apply(input: $input) { userErrors { code message } } }',
      { input: { manifests: JSON.stringify(manifest) } },
    );
    const [error] = apply.userErrors;
    if (error !== undefined) throw new Error(`${error.code}: ${error.message}`);
  }

  /** Uploads a source tree; its digest. */
  async upload(archive: Buffer): Promise<string> {
    const response = await fetch(`${this.url}/upload/source`, {
      method: 'POST',
      headers: { 'content-type': 'application/gzip', authorization: `Bearer ${this.#token}` },
      body: new Uint8Array(archive),
    });
    const answer = (await response.json()) as { digest: string };
    if (response.status !== 201) throw new Error(JSON.stringify(answer));
    return answer.digest;
  }

  log(): Promise<string> {
    return readFile(join(this.directory, 'serve.log'), 'utf8');
  }

  /** Ids of processes that belong to instances of this platform, by their command lines and environments. */
  async instanceProcesses(): Promise<number[]> {
    const found: number[] = [];
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
      const read = (file: string): Promise<string> => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '');
      if (
        (await read('cmdline')).includes(join(this.data, 'instances')) ||
        (await read('environ')).includes(join(this.data, 'instances'))
      )
        found.push(Number(name));
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
    for (const pid of await this.instanceProcesses()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Ports that are free now. */
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
