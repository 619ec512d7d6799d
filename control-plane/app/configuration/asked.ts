/** What is asked for of a service cluster's configuration now: the layers that its next release takes. */
import type { SecretReference } from '../../../schema/agent/instance.ts';
import { effectiveVariables, type Variable } from '../../domain/releases/environment.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Repositories } from '../ports/store.ts';
import type { SecretVersionRecord } from '../records/configuration.ts';

type Stores = Pick<Repositories, 'configurations' | 'secretVersions'>;

export async function askedVariables(store: Stores, cluster: ClusterState): Promise<Variable[]> {
  const { record, plan } = cluster;
  // The load balancer is the platform's own: what people set for an application's components is not for it.
  const owners = plan.component === null ? [] : [record.applicationUid, record.uid];
  const [application, own] = await Promise.all(owners.map((owner) => variablesOf(store, owner)));
  const [applicationSecrets, ownSecrets] = await Promise.all(owners.map((owner) => currentSecrets(store, owner)));
  return effectiveVariables({
    plain: {
      cartridge: plan.spec.environment,
      manifest: plan.component?.environment ?? {},
      application: application ?? {},
      'service-cluster': own ?? {},
    },
    secrets: {
      application: (applicationSecrets ?? []).map(referenceTo),
      'service-cluster': (ownSecrets ?? []).map(referenceTo),
    },
  });
}

/** What was set over the manifest, of one application or service cluster alone. */
export async function variablesOf(store: Stores, owner: string): Promise<Readonly<Record<string, string>>> {
  return (await store.configurations.get(owner))?.variables ?? {};
}

/** The versions that new releases take. */
export async function currentSecrets(store: Stores, owner: string): Promise<SecretVersionRecord[]> {
  return (await store.secretVersions.find({ owner, retiredAt: null })).filter(({ revokedAt }) => revokedAt === null);
}

function referenceTo({ name, version, uid, delivery }: SecretVersionRecord): SecretReference {
  return { name, version, uid, delivery };
}
