/** A Mosquitto of its own for a test: its program from PATH, a free port, nothing on disk but its configuration and accounts. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { eventually } from '../../../../test/support/eventually.ts';
import { freePort } from '../../../../test/support/free-ports.ts';
import { firstFile } from '../dynamic-security/first-file.ts';

/** Where Debian's package puts it. */
const PLUGIN = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/mosquitto_dynamic_security.so`;
const ACCOUNTS = 'dynamic-security.json';

/** The users of a broker of {@link Mosquitto.startSecured}. */
export const SECURED_USERS = {
  user: { name: 'cartwright', password: 'password-of-the-control-plane' },
  security: { name: 'cartwright-security', password: 'password-for-accounts-alone' },
} as const;

export class Mosquitto {
  /** Who reads everything for {@link retained}. */
  static readonly READER = 'reader';
  readonly port: number;
  readonly #directory: string;
  #child: ChildProcess | undefined;
  #knowsReader = false;

  private constructor(port: number, directory: string) {
    this.port = port;
    this.#directory = directory;
  }

  /** Starts it with these lines in its configuration, besides a listener on loopback. */
  static async start(lines: readonly string[] = ['allow_anonymous true']): Promise<Mosquitto> {
    return Mosquitto.#start(() => lines);
  }

  static async #start(
    linesIn: (directory: string) => readonly string[],
    certificate?: { readonly key: string; readonly cert: string },
  ): Promise<Mosquitto> {
    const port = await freePort();
    const directory = await mkdtemp(join(tmpdir(), 'mosquitto-'));
    // Started by root it would change to a user that cannot read the folder.
    const configuration = [`listener ${port} 127.0.0.1`, 'user root', ...linesIn(directory), ''];
    await writeFile(join(directory, 'mosquitto.conf'), configuration.join('\n'));
    const mosquitto = new Mosquitto(port, directory);
    await mosquitto.loseAccounts();
    if (certificate !== undefined) await mosquitto.present(certificate);
    await mosquitto.run();
    return mosquitto;
  }

  /**
   * Starts it with its dynamic-security plugin, which knows the control plane's two users. What is retained is kept on disk: written
   * at an end in order, and every second.
   */
  static async startSecured(): Promise<Mosquitto> {
    return Mosquitto.#start((directory) => [
      'persistence true',
      `persistence_location ${directory}/`,
      'autosave_interval 1',
      'per_listener_settings false',
      'allow_anonymous false',
      `plugin ${PLUGIN}`,
      `plugin_opt_config_file ${join(directory, ACCOUNTS)}`,
    ]);
  }

  /** Starts it with TLS and this certificate, which {@link present} changes. */
  static async startWithTls(certificate: { readonly key: string; readonly cert: string }): Promise<Mosquitto> {
    return Mosquitto.#start(
      (directory) => [
        `certfile ${join(directory, 'broker.crt')}`,
        `keyfile ${join(directory, 'broker.key')}`,
        'allow_anonymous true',
      ],
      certificate,
    );
  }

  /** The certificate that it has from its next start on. */
  async present({ key, cert }: { readonly key: string; readonly cert: string }): Promise<void> {
    await writeFile(join(this.#directory, 'broker.crt'), cert);
    await writeFile(join(this.#directory, 'broker.key'), key, { mode: 0o600 });
  }

  /** Starts it with a configuration for real use, on this test's port and folder. */
  static async startAs(configuration: string): Promise<Mosquitto> {
    const kept = configuration
      .split('\n')
      .filter((line) => !line.startsWith('listener ') && !line.startsWith('plugin '));
    return Mosquitto.#start((directory) => [
      ...kept.slice(0, 1),
      `plugin ${PLUGIN}`,
      ...kept.slice(1).map((line) => line.replace('/var/lib/mosquitto', directory)),
    ]);
  }

  /** The file of the plugin. */
  get accountsFile(): string {
    return join(this.#directory, ACCOUNTS);
  }

  /** The plugin's file as it was before any agent came: what an operator puts back who has lost it. */
  async loseAccounts(): Promise<void> {
    this.#knowsReader = false;
    await writeFile(this.accountsFile, firstFile(SECURED_USERS), { mode: 0o600 });
  }

  /** Removes what was retained on disk. */
  async loseStore(): Promise<void> {
    await rm(join(this.#directory, 'mosquitto.db'), { force: true });
  }

  /** Topics with a retained message, sorted, as a user of its own sees them who may read everything. */
  async retained(): Promise<string[]> {
    const username = Mosquitto.READER;
    await this.#admitReader(username);
    const reader = await connectAsync(this.url, { username, password: username, reconnectPeriod: 0 });
    const topics: string[] = [];
    reader.on('message', (topic, _payload, { retain }) => {
      if (retain) topics.push(topic);
    });
    // What is retained comes before the answer to the second subscription.
    await reader.subscribeAsync('#', { qos: 0 });
    await reader.subscribeAsync('no/such/topic', { qos: 0 });
    await reader.endAsync();
    return topics.toSorted();
  }

  async #admitReader(reader: string): Promise<void> {
    if (this.#knowsReader) return;
    const { name: username, password } = SECURED_USERS.security;
    const security = await connectAsync(this.url, { username, password, clientId: 'operator', reconnectPeriod: 0 });
    const acls = ['subscribePattern', 'publishClientReceive'].map((acltype) => ({ acltype, topic: '#', allow: true }));
    const commands = [
      { command: 'createRole', rolename: reader, acls },
      { command: 'createClient', username: reader, password: reader, roles: [{ rolename: reader }] },
    ];
    await security.publishAsync('$CONTROL/dynamic-security/v1', JSON.stringify({ commands }), { qos: 1 });
    await security.endAsync();
    this.#knowsReader = true;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** Runs the program; resolves when it accepts connections. */
  async run(): Promise<void> {
    const child = spawn('mosquitto', ['-c', join(this.#directory, 'mosquitto.conf')], { stdio: 'ignore' });
    await once(child, 'spawn');
    this.#child = child;
    await eventually('mosquitto accepts connections', async () => {
      const socket = connect(this.port, '127.0.0.1');
      try {
        await once(socket, 'connect');
        return true;
      } finally {
        socket.destroy();
      }
    });
  }

  /** Ends the program; what it had retained is lost. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  /** Stops the program from running without ending it, and lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
