/**
 * A PostgreSQL of its own for a test: Debian's programs from PATH, a cluster in a temporary folder, on a private socket and a free
 * port of loopback. The server refuses root, so that root starts it as the user that Debian's package made.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess, ExecFileOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { eventually } from '../../../../test/support/eventually.ts';
import { freePort } from '../../../../test/support/free-ports.ts';
import { signalIfThere } from '../../../../test/support/signal.ts';
import { DEFAULT_CONNECTIONS } from '../postgres/settings.ts';
import type { PostgresSettings } from '../postgres/settings.ts';

const run = promisify(execFile);
const SUPERUSER = 'keeper';

interface ServerOptions {
  /** Lines for postgresql.conf. */
  readonly lines?: readonly string[];
  /** Arguments for initdb, e.g. a locale. */
  readonly initdb?: readonly string[];
}

export class PostgresServer {
  readonly port: number;
  readonly password = randomBytes(12).toString('hex');
  /** Holds the cluster and the socket. */
  readonly directory: string;
  readonly #user: { readonly uid: number; readonly gid: number } | undefined;
  #child: ChildProcess | undefined;
  #databases = 0;

  private constructor(port: number, directory: string, user: { uid: number; gid: number } | undefined) {
    this.port = port;
    this.directory = directory;
    this.#user = user;
  }

  static async start({ lines = [], initdb = [] }: ServerOptions = {}): Promise<PostgresServer> {
    const port = await freePort();
    const directory = await mkdtemp(join(tmpdir(), 'pg-'));
    const user = await ordinaryUser();
    if (user !== undefined) await chown(directory, user.uid, user.gid);
    const server = new PostgresServer(port, directory, user);
    const passwordFile = join(directory, 'password');
    await writeFile(passwordFile, server.password, { mode: 0o644 });
    const method = ['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`];
    const locale = initdb.some((argument) => argument.startsWith('--locale')) ? [] : ['--locale=C.UTF-8'];
    await server.#program('initdb', [
      '-D',
      server.#data,
      '-U',
      SUPERUSER,
      '-E',
      'UTF8',
      '-N',
      ...method,
      ...locale,
      ...initdb,
    ]);
    const settings = [
      `port = ${port}`,
      "listen_addresses = '127.0.0.1'",
      `unix_socket_directories = '${directory}'`,
      // Nothing here outlives the machine.
      'fsync = off',
      'full_page_writes = off',
      'shared_buffers = 16MB',
      ...lines,
    ];
    await writeFile(join(server.#data, 'postgresql.auto.conf'), `${settings.join('\n')}\n`);
    await server.run();
    return server;
  }

  /** Starts the server (again); resolves when it takes connections. */
  async run(): Promise<void> {
    const child = spawn('postgres', ['-D', this.#data], { ...this.#as(), stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
    await once(child, 'spawn');
    this.#child = child;
    await eventually(
      'PostgreSQL takes connections',
      async () => {
        if (child.exitCode !== null) throw new Error(said);
        await this.sql('select 1');
        return true;
      },
      20_000,
    );
  }

  /** `fast` ends it in order, `immediate` as a crash does. */
  async stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await exited;
  }

  /** Stops every process of the server where it stands: connections stay and get no answer. */
  async freeze(): Promise<void> {
    for (const pid of await this.#processes()) signalIfThere(pid, 'SIGSTOP');
  }

  async thaw(): Promise<void> {
    for (const pid of await this.#processes()) signalIfThere(pid, 'SIGCONT');
  }

  async #processes(): Promise<number[]> {
    const pid = this.#child?.pid;
    if (pid === undefined) return [];
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return [pid, ...children.trim().split(' ').filter(Boolean).map(Number)];
  }

  /** A new, empty database, and how one reaches it. */
  async database(options = ''): Promise<PostgresSettings> {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    await this.sql(`create database ${name} ${options}`);
    return this.settings(name);
  }

  /** Over the socket, without a password. */
  settings(database: string): PostgresSettings {
    return {
      host: this.directory,
      port: this.port,
      database,
      user: SUPERUSER,
      password: undefined,
      tls: undefined,
      connections: DEFAULT_CONNECTIONS,
    };
  }

  url(database: string): string {
    return `postgres://${SUPERUSER}@localhost:${this.port}/${database}?host=${encodeURIComponent(this.directory)}`;
  }

  /** Runs a statement as the superuser on a connection of its own. */
  async sql(text: string, database = 'postgres'): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ host: this.directory, port: this.port, user: SUPERUSER, database });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** Runs one of PostgreSQL's programs on this server and returns its output. */
  async tool(program: string, ...parameters: string[]): Promise<string> {
    const connection = ['-h', this.directory, '-p', `${this.port}`, '-U', SUPERUSER];
    return await this.#program(program, [...connection, ...parameters]);
  }

  async close(): Promise<void> {
    await this.stop('immediate');
    await rm(this.directory, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.directory, 'data');
  }

  #as(): ExecFileOptions {
    return { ...this.#user, cwd: this.directory };
  }

  async #program(program: string, parameters: readonly string[]): Promise<string> {
    const { stdout } = await run(program, parameters, { ...this.#as(), maxBuffer: 64 * 1024 * 1024, encoding: 'utf8' });
    return stdout;
  }
}

/** The user to start the server as; `undefined`: whoever runs the tests. */
async function ordinaryUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const found = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (found === undefined) throw new Error('no user "postgres" to start the server as');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}
