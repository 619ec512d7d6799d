/** What an instance may do with its token: connect to the broker as itself, and fetch what its own service cluster runs. */
import type { CertificatesDocument } from '../../schema/agent/certificates.ts';
import type { ReleaseConfiguration, ReleaseSecrets } from '../../schema/agent/instance.ts';
import type { MetadataDocument } from '../../schema/agent/metadata.ts';
import { metadataFor } from './metadata/ask.ts';
import { hashOf } from './ask/authenticate.ts';
import { heldCertificates } from './certificates/held.ts';
import { openSecrets } from './configuration/release-secrets.ts';
import type { InstanceIdentity } from './ports/messaging.ts';
import type { Repositories } from './ports/store.ts';
import type { Vault } from './ports/vault.ts';
import type { InstanceRecord } from './records/instances.ts';
import { isAccepted } from './instance-tokens.ts';
import { periodsOf, readTimedToken, type Periods, type TokenTimes } from './identity/timed-token.ts';
import { hasEnded } from './tasks/outcome.ts';

export interface InstanceTokenIdentity {
  readonly instance: string;
  readonly cluster: string;
  readonly tenant: string;
  /** Set for a one-off task: the release that it runs in. */
  readonly release?: string;
}

type Stores = Pick<
  Repositories,
  'instances' | 'tasks' | 'clusters' | 'cartridges' | 'releases' | 'secretVersions' | 'metadata' | 'certificates'
>;

export class InstanceAccess {
  readonly #store: Stores;
  readonly #vault: Vault;
  readonly #now: () => number;
  readonly #periods: Periods | null;

  /** `now`: milliseconds since the epoch; a token that was replaced is accepted until its time is over. */
  constructor(store: Stores, vault: Vault, now: () => number, times: TokenTimes) {
    this.#store = store;
    this.#vault = vault;
    this.#now = now;
    this.#periods = periodsOf(times);
  }

  /** For the broker: the instance that connects as `instance` with this token; `undefined` refuses. */
  async identify(instance: string, token: string): Promise<InstanceIdentity | undefined> {
    const record = await this.#store.instances.get(instance);
    if (record === undefined || !this.#isLetIn(record, token)) return undefined;
    const cluster = await this.#store.clusters.get(record.cluster);
    const [cartridge] = cluster === undefined ? [] : await this.#store.cartridges.find({ name: cluster.cartridge });
    return {
      tenant: record.tenant,
      application: record.application,
      alias: record.alias,
      instance: record.uid,
      isLoadBalancer: cartridge?.manifest.spec.category === 'load-balancer',
    };
  }

  /** For HTTP, where the token alone says who it is. */
  async byToken(token: string): Promise<InstanceTokenIdentity | undefined> {
    const tokenHash = hashOf(token);
    const record = await this.#named(token, tokenHash);
    if (record !== undefined)
      return this.#isLetIn(record, token)
        ? { instance: record.uid, cluster: record.cluster, tenant: record.tenant }
        : undefined;
    const [task] = await this.#store.tasks.find({ tokenHash });
    if (task === undefined || hasEnded(task)) return undefined;
    return { instance: task.uid, cluster: task.cluster, tenant: task.tenant, release: task.release };
  }

  /** The instance that a token says to be of, or that it is found by; whether it counts is still to be seen. */
  async #named(token: string, tokenHash: string): Promise<InstanceRecord | undefined> {
    const said = readTimedToken(token);
    if (said !== undefined) return this.#store.instances.get(said.instance);
    const [record] = [
      ...(await this.#store.instances.find({ tokenHash })),
      ...(await this.#store.instances.find({ formerTokenHash: tokenHash })),
    ];
    return record;
  }

  #isLetIn(record: InstanceRecord, token: string): boolean {
    return record.state !== 'terminated' && isAccepted(this.#vault, record, token, this.#periods, this.#now());
  }

  /** Uid of the one-off task with this token that has not ended. */
  async taskByToken(token: string): Promise<string | undefined> {
    const identity = await this.byToken(token);
    return identity?.release === undefined ? undefined : identity.instance;
  }

  /** Metadata of its application and its service cluster; `undefined` when that is gone. */
  async metadata(identity: InstanceTokenIdentity): Promise<MetadataDocument | undefined> {
    const cluster = await this.#store.clusters.get(identity.cluster);
    return cluster && metadataFor(this.#store, cluster);
  }

  /** Only artifacts of its own service cluster's releases. */
  async mayRead(identity: InstanceTokenIdentity, digest: string): Promise<boolean> {
    return (await this.#store.releases.find({ cluster: identity.cluster, artifact: digest }, { limit: 1 })).length > 0;
  }

  async releaseConfiguration(
    identity: InstanceTokenIdentity,
    release: string,
  ): Promise<ReleaseConfiguration | undefined> {
    const record = await this.#store.releases.get(release);
    return record?.cluster === identity.cluster ? record.configuration : undefined;
  }

  /**
   * The secrets of the release that the instance's service cluster runs, or is being moved to; of no earlier one, so that a
   * token that leaks tells what is secret today and no more; for a one-off task those of its own release. Throws `SecretError` where one of them can't be read.
   */
  async releaseSecrets(identity: InstanceTokenIdentity, release: string): Promise<ReleaseSecrets | undefined> {
    const cluster = await this.#store.clusters.get(identity.cluster);
    const allowed =
      identity.release === undefined ? [cluster?.stableRelease, cluster?.candidateRelease] : [identity.release];
    if (!allowed.includes(release)) return undefined;
    const record = await this.#store.releases.get(release);
    return record?.cluster === identity.cluster ? openSecrets(this.#store, this.#vault, record) : undefined;
  }

  /** Those of its application, for load balancers alone. Throws `SecretError` where one of them can't be read. */
  async certificates(identity: InstanceTokenIdentity): Promise<CertificatesDocument | undefined> {
    const cluster = await this.#store.clusters.get(identity.cluster);
    if (cluster === undefined) return undefined;
    const [cartridge] = await this.#store.cartridges.find({ name: cluster.cartridge });
    if (cartridge?.manifest.spec.category !== 'load-balancer') return undefined;
    return heldCertificates(this.#store, this.#vault, cluster.applicationUid);
  }
}
