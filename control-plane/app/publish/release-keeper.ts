/**
 * Sees to it that instances have at hand what they run by while nobody can tell them anything: the stable release of their service cluster, as
 * it is published and never before it is stored. Level-triggered; what has not changed costs nothing.
 */
import type { Logger } from 'pino';
import type { CertificatesDocument } from '../../../schema/agent/certificates.ts';
import { canonicalConfiguration } from '../../../schema/agent/configuration-digest.ts';
import { heldCertificates } from '../certificates/held.ts';
import { openSecrets } from '../configuration/release-secrets.ts';
import { SecretError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { metadataFor } from '../metadata/ask.ts';
import type { KeptRelease, KeptTarget, Provider } from '../ports/provider.ts';
import type { Repositories } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import { makeRouting } from './documents.ts';
import type { Publisher } from './publisher.ts';

/** A secret may be revoked at any time, which changes no release. */
const LOOK_AGAIN_MILLISECONDS = 30_000;

export interface ReleaseKeeperOptions {
  readonly provider: Pick<Provider, 'keepRelease'>;
  readonly fleet: Pick<Fleet, 'clustersOf' | 'certificates'>;
  readonly store: Pick<Repositories, 'secretVersions' | 'metadata' | 'certificates'>;
  readonly publisher: Pick<Publisher, 'asPublished'>;
  readonly vault: Vault;
  /** Version of the metadata that a service cluster's instances shall have; null: none was ever set. */
  readonly metadataVersion: (cluster: ClusterState) => string | null;
  /** What URLs of releases begin with. */
  readonly documentsBase: string;
  readonly reportIntervalSeconds: number;
  readonly logger: Pick<Logger, 'info'>;
  readonly now: () => number;
}

interface Kept {
  readonly asked: string;
  readonly at: number;
}

export class ReleaseKeeper {
  readonly #options: ReleaseKeeperOptions;
  readonly #kept = new WeakMap<ClusterState, Kept>();

  constructor(options: ReleaseKeeperOptions) {
    this.#options = options;
  }

  async keep(cluster: ClusterState): Promise<void> {
    const { provider, metadataVersion, now } = this.#options;
    const { stable, record, plan } = cluster;
    if (provider.keepRelease === undefined || stable === null || record.deletingSince !== null) return;
    const metadata = metadataVersion(cluster);
    const balancing = this.#balancingOf(cluster);
    const certificates = cluster.isLoadBalancer
      ? this.#options.fleet.certificates.get(record.applicationUid)
      : undefined;
    const asked = JSON.stringify([stable.uid, metadata, plan.cartridge.name, plan.spec, balancing, certificates]);
    const known = this.#kept.get(cluster);
    const isDue = stable.configuration.secrets !== undefined && now() - (known?.at ?? 0) >= LOOK_AGAIN_MILLISECONDS;
    if (known?.asked === asked && !isDue) return;
    const held = certificates === undefined ? undefined : await this.#certificatesOf(cluster);
    const release = await this.#releaseOf(cluster, stable, metadata !== null, balancing);
    provider.keepRelease(record.uid, release && { ...release, ...(held === undefined ? {} : { certificates: held }) });
    this.#kept.set(cluster, { asked, at: now() });
  }

  /** Without the epoch and the generation of anybody: whatever is published is newer. Who is there is another matter: it changes all the time. */
  #balancingOf(balancer: ClusterState): KeptTarget[] | undefined {
    if (!balancer.isLoadBalancer) return undefined;
    const all = this.#options.fleet
      .clustersOf(balancer.record.applicationUid)
      .filter(({ record }) => record.deletingSince === null)
      // As another control plane would say it.
      .sort((a, b) => (a.record.alias < b.record.alias ? -1 : 1));
    const aliases = all.map(({ record }) => record.alias);
    return all.map((cluster) => ({
      alias: cluster.record.alias,
      topology: makeRouting(cluster, aliases, 0, 0),
      ports: cluster.plan.spec.ports,
    }));
  }

  /** None where they cannot be read: a load balancer without them is better than none. */
  async #certificatesOf({ record, keyText }: ClusterState): Promise<CertificatesDocument | undefined> {
    const { store, vault, logger } = this.#options;
    try {
      return await heldCertificates(store, vault, record.applicationUid);
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      logger.info(
        { cluster: keyText, error: error.message },
        'load balancers that begin while nobody answers have no certificates',
      );
      return undefined;
    }
  }

  /** Null where an instance that begins now must not have it: one of its secrets was revoked, or cannot be read. */
  async #releaseOf(
    { record, plan, keyText }: ClusterState,
    stable: ReleaseRecord,
    hasMetadata: boolean,
    balancing: readonly KeptTarget[] | undefined,
  ): Promise<KeptRelease | null> {
    const { store, vault, publisher, documentsBase, reportIntervalSeconds, logger } = this.#options;
    const { uid: cluster, tenant, application, alias } = record;
    try {
      const hasSecrets = stable.configuration.secrets !== undefined;
      return {
        identity: { tenant, application, alias, cluster },
        cartridge: { name: plan.cartridge.name, spec: plan.spec },
        stable: await publisher.asPublished(stable),
        configuration: canonicalConfiguration(stable.configuration).body,
        ...(hasSecrets ? { secrets: await openSecrets(store, vault, stable) } : {}),
        ...(hasMetadata ? { metadata: await metadataFor(store, record) } : {}),
        ...(balancing === undefined ? {} : { balancing }),
        ...{ documentsBase, reportIntervalSeconds },
      };
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      logger.info(
        { cluster: keyText, error: error.message },
        'no instance can begin with the release that runs, so none is told to where nobody answers',
      );
      return null;
    }
  }
}
