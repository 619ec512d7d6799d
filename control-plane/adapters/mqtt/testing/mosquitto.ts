/** A Mosquitto of its own for a test: its program from PATH, a free port, nothing on disk but its configuration. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../../test/support/eventually.ts';
import { findFreePort } from '../../process/ports.ts';

export class Mosquitto {
  readonly port: number;
  readonly #directory: string;
  #child: ChildProcess | undefined;

  private constructor(port: number, directory: string) {
    this.port = port;
    this.#directory = directory;
  }

  /** Starts it with these lines in its configuration, besides a listener on loopback. */
  static async start(lines: readonly string[] = ['allow_anonymous true']): Promise<Mosquitto> {
    const from = 42_300 + Math.floor(Math.random() * 500);
    const port = await findFreePort({ from, to: from + 100 }, '127.0.0.1', []);
    const directory = await mkdtemp(join(tmpdir(), 'mosquitto-'));
    // Started by root it would change to a user that cannot read the folder.
    const configuration = [`listener ${port} 127.0.0.1`, 'persistence false', 'user root', ...lines, ''];
    await writeFile(join(directory, 'mosquitto.conf'), configuration.join('\n'));
    const mosquitto = new Mosquitto(port, directory);
    await mosquitto.run();
    return mosquitto;
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
