/**
 * Calls a program for a credential (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins).
 * Which programs may be called was decided when the kubeconfig was read.
 */
import { spawn } from 'node:child_process';
import { z } from 'zod';
import { HostClusterError } from '../../../app/errors.ts';
import type { HostClusterUser } from '../../../app/host-clusters/credential.ts';

const LIMIT_MILLISECONDS = 30_000;
const MOST_OUTPUT_BYTES = 256 * 1024;
/** Asked again this long before the end, for requests under way. */
const MARGIN_MILLISECONDS = 30_000;
/** Without an end it is kept as long as the process that calls it, says the page above; an hour lets a rotation arrive. */
const UNKNOWN_END_MILLISECONDS = 3_600_000;

const answer = z.object({
  kind: z.literal('ExecCredential'),
  status: z.object({
    token: z.string().min(1).optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.string().optional(),
  }),
});

interface Given {
  readonly token?: string;
  readonly certificate?: { readonly chain: string; readonly key: string };
}

type Command = Extract<HostClusterUser, { readonly kind: 'command' }>;

export class CredentialCommand {
  readonly #command: Command;
  readonly #closing = new AbortController();
  #last: { readonly given: Given; readonly until: number } | undefined;
  #running: Promise<Given> | undefined;

  constructor(command: Command) {
    this.#command = command;
  }

  /** One call at a time, for all who wait. Rejects with `HostClusterError` HOST_CLUSTER_CREDENTIAL_COMMAND, or as the signal says. */
  async current(signal: AbortSignal): Promise<Given> {
    if (this.#last !== undefined && Date.now() < this.#last.until) return this.#last.given;
    this.#running ??= this.#call().finally(() => (this.#running = undefined));
    return Promise.race([
      this.#running,
      new Promise<never>((_, reject) => {
        const give = (): void => reject(signal.reason as Error);
        signal.addEventListener('abort', give, { once: true });
        void this.#running?.catch(() => undefined).finally(() => signal.removeEventListener('abort', give));
      }),
    ]);
  }

  /** Ends a call that is under way. Idempotent. */
  close(): void {
    this.#closing.abort();
  }

  async #call(): Promise<Given> {
    const output = await this.#run();
    const parsed = answer.safeParse(parseJson(output));
    if (!parsed.success) throw this.#failure('it printed no ExecCredential with a status');
    const { token, clientCertificateData: chain, clientKeyData: key, expirationTimestamp } = parsed.data.status;
    if (token === undefined && (chain === undefined || key === undefined))
      throw this.#failure('it printed neither a token nor a certificate with its key');
    const end = Date.parse(expirationTimestamp ?? '');
    const given = { ...(token && { token }), ...(chain && key && { certificate: { chain, key } }) };
    const until = Number.isNaN(end) ? Date.now() + UNKNOWN_END_MILLISECONDS : end - MARGIN_MILLISECONDS;
    this.#last = { given, until };
    return given;
  }

  #run(): Promise<string> {
    const { command, arguments: parameters, environment, apiVersion } = this.#command;
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CARTWRIGHT_'));
    const info = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: false } });
    return new Promise((resolve, reject) => {
      // A group of its own, so that what it starts ends with it.
      const child = spawn(command, parameters, {
        env: { ...Object.fromEntries(inherited), ...environment, KUBERNETES_EXEC_INFO: info },
        stdio: ['ignore', 'pipe', 'ignore'],
        detached: true,
      });
      const end = (): void => {
        // The group may be gone already.
        if (child.pid !== undefined) endGroup(child.pid);
      };
      let why: string | undefined;
      const timer = setTimeout(() => {
        why = `it did not end within ${LIMIT_MILLISECONDS / 1000} s`;
        end();
      }, LIMIT_MILLISECONDS);
      const close = (): void => {
        why = 'the connection was closed';
        end();
      };
      this.#closing.signal.addEventListener('abort', close, { once: true });
      const chunks: Buffer[] = [];
      let bytes = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= MOST_OUTPUT_BYTES) return void chunks.push(chunk);
        why = `it printed more than ${MOST_OUTPUT_BYTES} bytes`;
        end();
      });
      child.on(
        'error',
        (error) => (why = `it cannot be started (${(error as NodeJS.ErrnoException).code ?? error.message})`),
      );
      child.on('close', (code, signal) => {
        clearTimeout(timer);
        this.#closing.signal.removeEventListener('abort', close);
        if (why === undefined && code === 0) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(this.#failure(why ?? `it ended with ${signal ?? `the exit code ${code}`}`));
      });
    });
  }

  /** Without its output: what it prints is a secret when all goes well. */
  #failure(why: string): HostClusterError {
    return new HostClusterError(
      'HOST_CLUSTER_CREDENTIAL_COMMAND',
      `the program ${JSON.stringify(this.#command.command)}, which gives the host cluster's credential: ${why}; call it by hand as the control plane's user`,
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
