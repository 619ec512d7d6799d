/** Opens the provider of a host cluster over a connection of its own, which ends with it. */
import type { HostClusterProviders } from '../../app/ports/host-cluster-provider.ts';
import type { HostClusterRecord } from '../../app/records/host-clusters.ts';
import { CartwrightError } from '../../app/errors.ts';
import { connect } from './host-clusters/connection.ts';
import { explain } from './host-clusters/explain.ts';
import type { ArtifactServerPlan } from './pods/artifact-servers.ts';
import type { ForeignChange } from './pods/guard.ts';
import { createKubernetesProvider, type KubernetesProviderOptions, type StalledWorkload } from './provider.ts';

export interface HostClusterProvidersOptions extends Omit<
  KubernetesProviderOptions,
  | 'config'
  | 'hostCluster'
  | 'exchange'
  | 'artifactServer'
  | 'ca'
  | 'pullSecretOf'
  | 'reachable'
  | 'onProblem'
  | 'onForeignChange'
  | 'onStall'
> {
  /** How the artifacts of tenants are served inside host clusters; absent: they are not. */
  readonly artifactServer?: Omit<ArtifactServerPlan, 'tokenOf'> & {
    /** @param hostCluster by its uid */
    readonly tokenOf: (hostCluster: string, tenant: string) => string | undefined;
  };
  /** What a tenant's images are pulled with there, as the text of Docker's `config.json`; undefined: no registry wants a password. */
  readonly pullSecretOf: (hostCluster: HostClusterRecord, tenant: string) => Promise<string | undefined>;
  readonly onProblem: (hostCluster: string, error: Error) => void;
  /** Somebody else has changed or deleted what was applied to it. */
  readonly onForeignChange: (hostCluster: HostClusterRecord, change: ForeignChange) => void;
  /** It makes none of the pods that it owes; it is called on. */
  readonly onStall: (hostCluster: string, workload: StalledWorkload) => void;
}

export function createHostClusterProviders(options: HostClusterProvidersOptions): HostClusterProviders {
  return {
    async open(record, credential, signal) {
      const { uid, name, brokerUrl, controlPlaneUrl, ca } = record;
      const { config, close } = connect(credential);
      const giveUp = (): void => void close();
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        signal.throwIfAborted();
        const onProblem = (error: Error): void => options.onProblem(name, error);
        const exchange = { controlPlane: controlPlaneUrl, hostCluster: uid };
        const onForeignChange = (change: ForeignChange): void => options.onForeignChange(record, change);
        const reachable = [brokerUrl, controlPlaneUrl];
        const { artifactServer: served, ...others } = options;
        const artifactServer = served && {
          ...served,
          tokenOf: (tenant: string) => served.tokenOf(uid, tenant),
        };
        const pullSecretOf = (tenant: string) => options.pullSecretOf(record, tenant);
        const onStall = (workload: StalledWorkload): void => options.onStall(name, workload);
        const ofThis = {
          config,
          onStall,
          pullSecretOf,
          hostCluster: name,
          exchange,
          ca,
          reachable,
          onProblem,
          onForeignChange,
        };
        const provider = await createKubernetesProvider({
          ...{ ...others, ...ofThis },
          ...(artifactServer === undefined ? {} : { artifactServer }),
        });
        const create = provider.create.bind(provider);
        provider.create = async (request) => {
          try {
            return await create(request);
          } catch (error) {
            throw error instanceof CartwrightError ? error : explain(error, credential.server);
          }
        };
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
