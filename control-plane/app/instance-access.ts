/** What an instance may do with its token: connect to the broker as itself, and fetch what its own service cluster runs. */
import type { ReleaseConfiguration, ReleaseSecrets } from '../../schema/agent/instance.ts';
import { hashOf } from './ask/authenticate.ts';
import { openSecrets } from './configuration/release-secrets.ts';
import type { InstanceIdentity } from './ports/messaging.ts';
import type { Repositories } from './ports/store.ts';
import type { Vault } from './ports/vault.ts';
import type { InstanceRecord } from './records.ts';

export interface InstanceTokenIdentity {
  readonly instance: string;
  readonly cluster: string;
  readonly tenant: string;
}

type Stores = Pick<Repositories, 'instances' | 'clusters' | 'cartridges' | 'releases' | 'secretVersions'>;

export class InstanceAccess {
  readonly #store: Stores;
  readonly #vault: Vault;

  constructor(store: Stores, vault: Vault) {
    this.#store = store;
    this.#vault = vault;
  }

  /** For the broker: the instance that connects as `instance` with this token; `undefined` refuses. */
  async identify(instance: string, token: string): Promise<InstanceIdentity | undefined> {
    const record = await this.#store.instances.get(instance);
    if (record === undefined || !isCurrent(record) || record.tokenHash !== hashOf(token)) return undefined;
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
    const [record] = await this.#store.instances.find({ tokenHash: hashOf(token) });
    return record === undefined || !isCurrent(record)
      ? undefined
      : { instance: record.uid, cluster: record.cluster, tenant: record.tenant };
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
   * token that leaks tells what is secret today and no more. Throws `SecretError` where one of them can't be read.
   */
  async releaseSecrets(identity: InstanceTokenIdentity, release: string): Promise<ReleaseSecrets | undefined> {
    const cluster = await this.#store.clusters.get(identity.cluster);
    if (release !== cluster?.stableRelease && release !== cluster?.candidateRelease) return undefined;
    const record = await this.#store.releases.get(release);
    return record?.cluster === identity.cluster ? openSecrets(this.#store, this.#vault, record) : undefined;
  }
}

function isCurrent(record: InstanceRecord): boolean {
  return record.state !== 'terminated';
}
