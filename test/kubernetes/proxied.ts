/** A kubeconfig by way of a proxy that tests cut and hold. */
import { parse, stringify } from 'yaml';
import { FaultyProxy } from '../support/faulty-proxy.ts';

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: { readonly server: string } }[];
}

/** In front of the API server of this kubeconfig. */
export function proxyOf(kubeconfig: string): Promise<FaultyProxy> {
  return FaultyProxy.to(new URL(clusterIn(kubeconfig).cluster.server));
}

/** A kubeconfig of the same API server, by way of the proxy, which has no certificate for its own address. */
export function through(proxy: FaultyProxy, kubeconfig: string): string {
  const { name, cluster } = clusterIn(kubeconfig);
  const server = `https://127.0.0.1:${proxy.port}`;
  const changed = { ...cluster, server, 'tls-server-name': new URL(cluster.server).hostname };
  return stringify({ ...(parse(kubeconfig) as Kubeconfig), clusters: [{ name, cluster: changed }] });
}

function clusterIn(kubeconfig: string): Kubeconfig['clusters'][number] {
  return (parse(kubeconfig) as Kubeconfig).clusters[0]!;
}
