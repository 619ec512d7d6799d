/** What an instance may do with its token: connect to the broker as itself, and fetch what its own service cluster runs. */
import type { ReleaseConfiguration } from '../../schema/agent/instance.ts';
import { hashOf } from './ask/authenticate.ts';
import type { InstanceIdentity } from './ports/messaging.ts';
import type { Repositories } from './ports/store.ts';
import type { InstanceRecord } from './records.ts';

export interface InstanceTokenIdentity {
  readonly instance: string;
  readonly cluster: string;
  readonly tenant: string;
}

type Stores = Pick<Repositories, 'instances' | 'clusters' | 'cartridges' | 'releases'>;

export class InstanceAccess {
  readonly #store: Stores;

  constructor(store: Stores) {
    this.#store = store;
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
}

function isCurrent(record: InstanceRecord): boolean {
  return record.state !== 'terminated';
}
