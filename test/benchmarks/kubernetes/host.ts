/** The host cluster of a benchmark: a provider on it in a namespace of its own, and what it has written there. */
import { readFile } from 'node:fs/promises';
import type { KubeConfig, V1Pod } from '@kubernetes/client-node';
import { connect, type Connection } from '../../../control-plane/adapters/kubernetes/host-clusters/connection.ts';
import { createKubernetesProvider } from '../../../control-plane/adapters/kubernetes/provider.ts';
import type { HostClusterProvider } from '../../../control-plane/app/ports/host-cluster-provider.ts';
import type { InstanceRequest } from '../../../control-plane/app/ports/provider.ts';
import type { TenantShare } from '../../../control-plane/adapters/kubernetes/objects/tenant.ts';
import { parseKubeconfig } from '../../../control-plane/app/host-clusters/kubeconfig.ts';
import { newUid } from '../../../schema/ids.ts';
import { cartridgeSpec } from '../../../schema/manifests/cartridge.ts';
import { kubectl } from '../../kubernetes/cluster.ts';

const MEBIBYTE = 2 ** 20;

export interface HostOptions {
  readonly image: string;
  readonly command: readonly string[];
  readonly share?: TenantShare;
}

export class Host implements AsyncDisposable {
  readonly prefix = `bench-${newUid().slice(-8)}`;
  readonly config: KubeConfig;
  readonly #connection: Connection;
  readonly #options: HostOptions;
  #provider: HostClusterProvider | undefined;

  private constructor(connection: Connection, options: HostOptions) {
    this.#connection = connection;
    this.config = connection.config;
    this.#options = options;
  }

  static async open(options: HostOptions): Promise<Host> {
    const text = await readFile(process.env.KUBECONFIG!, 'utf8');
    const host = new Host(
      connect(parseKubeconfig(text, { commands: [], insecureHosts: [], now: Date.now() })),
      options,
    );
    await host.reopen();
    return host;
  }

  get namespace(): string {
    return `${this.prefix}-default`;
  }

  get provider(): HostClusterProvider {
    if (this.#provider === undefined) throw new Error('the provider is not open');
    return this.#provider;
  }

  /** As a control plane that starts anew does. */
  async reopen(): Promise<void> {
    await this.#provider?.close();
    const { image, command, share } = this.#options;
    this.#provider = await createKubernetesProvider({
      config: this.config,
      platform: this.prefix,
      namespacePrefix: this.prefix,
      audience: 'cartwright',
      imageOf: () => ({ image, command }),
      shareOf: async () => share,
      onProblem: (error) => console.error(`kubernetes: ${error.message}`),
    });
  }

  request(application: string, alias: string): InstanceRequest {
    return {
      document: {
        ...{ v: 1, tenant: 'default', application, alias, instance: newUid(), cluster: `${application}-${alias}` },
        brokers: ['mqtt://127.0.0.1:1883'],
        controlPlane: 'http://127.0.0.1:8080',
        cartridge: {
          name: 'nodejs',
          directory: '/cartridge',
          spec: cartridgeSpec.parse({
            version: '1',
            category: 'framework',
            runtimes: ['container'],
            ports: [{ name: 'http', protocol: 'http' }],
            resources: { cpuCores: 0.01, memoryBytes: 48 * MEBIBYTE },
          }),
        },
      },
      token: newUid(),
      fixedPorts: {},
    };
  }

  /** Resolves when nothing of it is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#provider?.close();
    await this.#connection.close();
    await kubectl('delete', 'namespace', this.namespace, '--ignore-not-found', '--timeout=300s');
  }
}

export function isReady(pod: V1Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/**
 * Requests so far, by anybody, of the kinds that we alone make: applied objects and scales; those of pods' labels, too. From the API server's own
 * count (https://kubernetes.io/docs/reference/instrumentation/metrics/, `apiserver_request_total`).
 */
export async function writesSoFar(): Promise<number> {
  let sum = 0;
  for (const [, labels = '', value] of (await kubectl('get', '--raw', '/metrics')).matchAll(
    /^apiserver_request_total\{([^}]*)\} (\S+)$/gm,
  )) {
    const { verb, subresource, resource } = Object.fromEntries(
      [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, of]) => [name!, of!]),
    );
    const isOurs =
      verb === 'APPLY' ||
      (verb === 'PATCH' && (subresource === 'scale' || (subresource === '' && resource === 'pods')));
    if (isOurs) sum += Number(value);
  }
  return sum;
}
