/** A whole control plane for tests that cross parts: the compiled program as a child process, in a temporary folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStat } from '../../control-plane/adapters/process/kernel.ts';
import { requireBuilt } from './built.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';
import { PRESENT } from './program.ts';
import { signalIfThere } from './signal.ts';

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
    try {
      await platform.run(program);
      return platform;
    } catch (error) {
      // Nobody else has it to end it.
      await platform[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Folders and ports; nothing runs yet. */
  static async prepare(settings: Readonly<Record<string, string>> = {}): Promise<Platform> {
    requireBuilt();
    const directory = await mkdtemp(join(tmpdir(), 'cartwright-test-'));
    await mkdir(join(directory, 'repositories'));
    const [http, mqtt, ...open] = await freePorts(6);
    return new Platform(directory, `http://${settings.CARTWRIGHT_HTTP_HOST ?? '127.0.0.1'}:${http}`, {
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

  /** Of an operator; for connections of a test's own. Throws where none has been started. */
  get token(): string {
    if (this.#token === null) throw new Error('the control plane has not been started');
    return this.#token;
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
    await eventually('the control plane is ready', async () => hasEnded() || (await this.isReady()), 60_000);
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
      // Not over a connection that is left of a control plane that was killed.
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}`, connection: 'close' },
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

  /**
   * Ids of processes that belong to instances of this platform, by their command lines and environments; and of those in their
   * sessions, since some write over both (the workers of nginx and php-fpm).
   */
  async instanceProcesses(): Promise<number[]> {
    const found: number[] = [];
    const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
    for (const name of all) {
      const read = (file: string): Promise<string> => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '');
      if (
        [await read('cmdline'), await read('environ')].some((text) =>
          [join(this.data, 'instances'), join(this.data, 'tasks')].some((folder) => text.includes(folder)),
        )
      )
        found.push(Number(name));
    }
    const sessionOf = (pid: number): number | undefined => readStat(pid)?.session;
    const sessions = new Set(found.map(sessionOf).filter((session) => session !== sessionOf(process.pid)));
    const beside = all.map(Number).filter((pid) => !found.includes(pid) && sessions.has(sessionOf(pid) ?? 0));
    return [...found, ...beside];
  }

  /** Ids of the agents and their applications, by their own records: not those of hooks and of what an agent asks once. */
  async agentsAndApplications(): Promise<number[]> {
    const folder = join(this.data, 'instances');
    const records = await Promise.all(
      (await readdir(folder)).map((instance) =>
        readFile(join(folder, instance, 'agent.json'), 'utf8').catch(() => '{}'),
      ),
    );
    return records.flatMap((text) => {
      const { agent, application } = JSON.parse(text) as Partial<Record<'agent' | 'application', { pid: number }>>;
      return [agent, application].flatMap((one) => (one === undefined ? [] : [one.pid]));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
    for (const pid of await this.instanceProcesses()) signalIfThere(pid, 'SIGKILL');
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
