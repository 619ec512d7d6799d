/** Opens the provider of a host cluster over a connection of its own, which ends with it. */
import type { HostClusterProviders } from '../../app/ports/host-cluster-provider.ts';
import { connect } from './host-clusters/connection.ts';
import { explain } from './host-clusters/explain.ts';
import { createKubernetesProvider, type KubernetesProviderOptions } from './provider.ts';

export interface HostClusterProvidersOptions extends Omit<
  KubernetesProviderOptions,
  'config' | 'hostCluster' | 'exchange' | 'ca' | 'onProblem'
> {
  readonly onProblem: (hostCluster: string, error: Error) => void;
}

export function createHostClusterProviders(options: HostClusterProvidersOptions): HostClusterProviders {
  return {
    async open({ uid, name, controlPlaneUrl, ca }, credential, signal) {
      const { config, close } = connect(credential);
      const giveUp = (): void => void close();
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        signal.throwIfAborted();
        const onProblem = (error: Error): void => options.onProblem(name, error);
        const exchange = { controlPlane: controlPlaneUrl, hostCluster: uid };
        const ofThis = { config, hostCluster: name, exchange, ca, onProblem };
        const provider = await createKubernetesProvider({ ...options, ...ofThis });
        const end = provider.close.bind(provider);
        provider.close = async () => {
          await end();
          await close();
        };
        return provider;
      } catch (error) {
        await close();
        throw signal.aborted ? signal.reason : explain(error, credential.server);
      } finally {
        signal.removeEventListener('abort', giveUp);
      }
    },
  };
}
