/** A real sshd for tests: of the one who runs them, on loopback, with keys of its own. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../../test/support/eventually.ts';

const SSHD = '/usr/sbin/sshd';

export class SshServer {
  readonly user = userInfo().username;
  readonly port: number;
  /** Fingerprint of its host key, as ssh writes it. */
  readonly fingerprint: string;
  /** The line of its host key, for known hosts. */
  readonly knownHosts: string;
  /** A private key that it lets in. */
  readonly privateKey: string;
  readonly #child: ChildProcess;

  private constructor(folder: string, port: number) {
    this.port = port;
    const host = makeKey(join(folder, 'host'));
    const client = makeKey(join(folder, 'client'));
    this.privateKey = client.privateKey;
    this.fingerprint = host.fingerprint;
    this.knownHosts = `[127.0.0.1]:${port} ${host.publicKey}`;
    writeFileSync(join(folder, 'authorized'), `${client.publicKey}\n`, { mode: 0o600 });
    // Where an administrator runs the tests, sshd insists on its folder.
    if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const configuration = [
      'ListenAddress 127.0.0.1',
      `Port ${port}`,
      `HostKey ${join(folder, 'host')}`,
      `AuthorizedKeysFile ${join(folder, 'authorized')}`,
      'PidFile none',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'StrictModes no',
      'UsePAM no',
    ];
    writeFileSync(join(folder, 'sshd_config'), `${configuration.join('\n')}\n`);
    this.#child = spawn(SSHD, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' });
  }

  static async start(folder: string): Promise<SshServer> {
    mkdirSync(folder, { recursive: true });
    const server = new SshServer(folder, await freePort());
    await eventually('sshd listens', () => canConnect(server.port));
    return server;
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await gone;
  }
}

/** Makes a pair of keys without a passphrase. */
export function makeKey(path: string): { privateKey: string; publicKey: string; fingerprint: string } {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]);
  chmodSync(path, 0o600);
  const [, fingerprint = ''] = execFileSync('ssh-keygen', ['-l', '-f', path]).toString().split(' ');
  return {
    privateKey: readFileSync(path, 'utf8'),
    publicKey: readFileSync(`${path}.pub`, 'utf8').trim(),
    fingerprint,
  };
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
