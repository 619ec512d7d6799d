/** Where load balancers are reached from outside a host cluster: what it says of their Services and of its nodes, asked when it is wanted. */
import { CoreV1Api, type KubeConfig, type V1Node, type V1Service } from '@kubernetes/client-node';
import { LABELS, platformLabels, selectorOf } from '../objects/names.ts';

/** Whoever asks more often than that gets the same answer. */
const KEEP_MILLISECONDS = 5_000;

export interface PublicAddressesOptions {
  readonly config: KubeConfig;
  readonly platform: string;
}

export class PublicAddresses {
  readonly #core: CoreV1Api;
  readonly #selector: string;
  readonly #known = new Map<string, { readonly url: string | undefined; readonly at: number }>();

  constructor({ config, platform }: PublicAddressesOptions) {
    this.#core = config.makeApiClient(CoreV1Api);
    this.#selector = selectorOf(platformLabels(platform));
  }

  /** Of a service cluster's Service; the last that was seen where the host cluster does not answer. */
  async of(cluster: string): Promise<string | undefined> {
    const known = this.#known.get(cluster);
    if (known?.url !== undefined && performance.now() - known.at < KEEP_MILLISECONDS) return known.url;
    try {
      const url = await this.#ask(cluster);
      if (url === undefined) this.#known.delete(cluster);
      else this.#known.set(cluster, { url, at: performance.now() });
      return url;
    } catch {
      return known?.url;
    }
  }

  async #ask(cluster: string): Promise<string | undefined> {
    const labelSelector = `${this.#selector},${LABELS.cluster}=${cluster}`;
    const { items } = await this.#core.listServiceForAllNamespaces({ labelSelector });
    const service = items.find(({ spec }) => spec?.type === 'NodePort' || spec?.type === 'LoadBalancer');
    if (service === undefined) return undefined;
    return service.spec?.type === 'LoadBalancer'
      ? balancerUrl(service)
      : nodeUrl(service, (await this.#core.listNode()).items);
  }
}

/** `undefined` until the host cluster has given it an address. */
export function balancerUrl({ spec, status }: V1Service): string | undefined {
  const [ingress] = status?.loadBalancer?.ingress ?? [];
  const host = ingress?.hostname ?? ingress?.ip;
  const port = spec?.ports?.[0]?.port;
  return host === undefined || port === undefined ? undefined : urlOf(host, port);
}

/** By a node that is ready: its outer address, else its inner one. Every node forwards the port. */
export function nodeUrl({ spec }: V1Service, nodes: readonly V1Node[]): string | undefined {
  const port = spec?.ports?.[0]?.nodePort;
  const addresses = nodes
    .filter(({ status }) => status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'))
    .sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1))
    .flatMap(({ status }) => status?.addresses ?? []);
  const host = ['ExternalIP', 'InternalIP']
    .map((type) => addresses.find((one) => one.type === type)?.address)
    .find((address) => address !== undefined);
  return host === undefined || port === undefined ? undefined : urlOf(host, port);
}

function urlOf(host: string, port: number): string {
  const named = host.includes(':') ? `[${host}]` : host;
  return `http://${named}${port === 80 ? '' : `:${port}`}/`;
}
