/**
 * A connection to a host cluster's API server: client-node's `KubeConfig` with time limits, and with one pool of sockets that
 * somebody owns. The library by itself makes a pool for each request: a TLS handshake each time, and nobody to close it.
 */
import type { Agent, RequestOptions } from 'node:https';
import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { HostClusterError } from '../../../app/errors.ts';
import type { HostClusterCredential } from '../../../app/host-clusters/credential.ts';
import { CredentialCommand } from './credential-command.ts';

export interface ConnectOptions {
  /** For one whole request, its answer included. Watches have a limit of their own (`Watch.requestTimeoutMs`). */
  readonly requestTimeoutMilliseconds?: number;
  /** For TCP and TLS. */
  readonly connectTimeoutMilliseconds?: number;
}

export interface Connection {
  /** For `makeApiClient`, `Watch`, `Log` and the like, which reject once it is closed. */
  readonly config: KubeConfig;
  /** Ends what is under way, and closes all sockets. Idempotent. */
  readonly close: () => Promise<void>;
}

/**
 * Sends nothing yet. Throws `HostClusterError` HOST_CLUSTER_NOT_IN_CLUSTER for an in-cluster credential where no service account
 * is mounted.
 */
export function connect(credential: HostClusterCredential, options: ConnectOptions = {}): Connection {
  const { requestTimeoutMilliseconds = 10_000, connectTimeoutMilliseconds = 5_000 } = options;
  const command = credential.user.kind === 'command' ? new CredentialCommand(credential.user) : null;
  const config = new OwnedKubeConfig(requestTimeoutMilliseconds, connectTimeoutMilliseconds, command);
  if (credential.user.kind === 'in-cluster') loadServiceAccount(config);
  else load(config, credential);
  return { config, close: () => config.close() };
}

function loadServiceAccount(config: KubeConfig): void {
  if ((process.env.KUBERNETES_SERVICE_HOST ?? '') === '')
    throw new HostClusterError(
      'HOST_CLUSTER_NOT_IN_CLUSTER',
      'the control plane does not run in a pod of Kubernetes and has no service account there; register the cluster with a kubeconfig',
    );
  config.loadFromCluster();
}

function load(
  config: KubeConfig,
  { server, ca, tlsServerName, isInsecure, proxyUrl, user }: HostClusterCredential,
): void {
  config.loadFromClusterAndUser(
    {
      name: 'host-cluster',
      server,
      skipTLSVerify: isInsecure,
      ...(ca !== null && { caData: base64(ca) }),
      ...(tlsServerName !== null && { tlsServerName }),
      ...(proxyUrl !== null && { proxyUrl }),
    },
    {
      name: 'cartwright',
      ...(user.kind === 'token' && { token: user.token }),
      ...(user.kind === 'certificate' && { certData: base64(user.chain), keyData: base64(user.key) }),
    },
  );
}

type Pool = NonNullable<ReturnType<RequestContext['getDispatcher']>>;
type PoolOptions = ReturnType<KubeConfig['createDispatcherOptions']>;

class OwnedKubeConfig extends KubeConfig {
  readonly #requestMilliseconds: number;
  readonly #connectMilliseconds: number;
  readonly #command: CredentialCommand | null;
  readonly #closing = new AbortController();
  /** All that were made: a client certificate that a command gives anew needs another pool. */
  readonly #pools: Promise<Pool>[] = [];
  #certificate: string | undefined;

  constructor(requestMilliseconds: number, connectMilliseconds: number, command: CredentialCommand | null) {
    super();
    this.#requestMilliseconds = requestMilliseconds;
    this.#connectMilliseconds = connectMilliseconds;
    this.#command = command;
  }

  /** The library comes by here before each request, also before those of `Watch`, which brings a signal of its own afterwards. */
  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    this.#closing.signal.throwIfAborted();
    const limits = [this.#closing.signal, AbortSignal.timeout(this.#requestMilliseconds)];
    const own = context.getSignal();
    const signal = AbortSignal.any(own === undefined ? limits : [...limits, own]);
    context.setSignal(signal);
    if (this.#command !== null) this.#become(await this.#command.current(signal));
    const options: RequestOptions & { agent?: Agent } = {};
    await this.applyToHTTPSOptions(options);
    for (const [name, value] of Object.entries(options.headers ?? {})) context.setHeaderParam(name, String(value));
    context.setDispatcher(await this.#pool());
  }

  override createDispatcherOptions(...parameters: Parameters<KubeConfig['createDispatcherOptions']>): PoolOptions {
    const options = super.createDispatcherOptions(...parameters);
    // HTTP/1.1: a stream that hangs holds its own connection only, not the one of all others.
    const limits = { timeout: this.#connectMilliseconds, allowH2: false };
    switch (options.type) {
      case 'agent':
        return { ...options, connect: { ...options.connect, ...limits } };
      case 'none':
        return { type: 'agent', connect: { keepAlive: true, keepAliveInitialDelay: 30_000, ...limits } };
      case 'proxy':
        return {
          ...options,
          requestTls: { ...options.requestTls, ...limits },
          connect: { ...options.connect, ...limits },
        };
      case 'socks':
        return options;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the connection to the host cluster is closed'));
    this.#command?.close();
    await Promise.all(this.#pools.splice(0).map(async (pool) => (await pool).destroy()));
  }

  #become({
    token,
    certificate,
  }: {
    readonly token?: string;
    readonly certificate?: { readonly chain: string; readonly key: string };
  }): void {
    this.users = [
      {
        name: 'cartwright',
        ...(token !== undefined && { token }),
        ...(certificate !== undefined && { certData: base64(certificate.chain), keyData: base64(certificate.key) }),
      },
    ];
  }

  #pool(): Promise<Pool> {
    const certificate = this.users[0]?.certData;
    if (this.#pools.length === 0 || certificate !== this.#certificate) {
      this.#certificate = certificate;
      // Made by the library itself: it has to be of the library's version of undici.
      const scratch = new RequestContext('https://nowhere.invalid', HttpMethod.GET);
      this.#pools.push(super.applySecurityAuthentication(scratch).then(() => scratch.getDispatcher()!));
    }
    return this.#pools.at(-1)!;
  }
}

function base64(pem: string): string {
  return Buffer.from(pem).toString('base64');
}
