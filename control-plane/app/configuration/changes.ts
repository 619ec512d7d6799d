/** How every change of configuration and secrets goes: stored first, then one new release a service cluster that it changes. */
import { tenantOfApplication } from '../access.ts';
import type { ClusterKeeper } from '../apply/cluster-keeper.ts';
import type { Releases } from '../deploy/releases.ts';
import type { NewUid } from '../ports/clock.ts';
import type { EventRecorder } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { Principal } from '../principal.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import { requireOwner, type Owner } from './owner.ts';
import type { ConfigurationChange, ConfigurationRef } from './use-cases.ts';

export interface ChangesOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly fleet: Fleet;
  readonly keeper: Pick<ClusterKeeper, 'exclusively'>;
  readonly releases: Releases;
  readonly events: EventRecorder;
  readonly now: () => number;
  readonly newUid: NewUid;
}

export class Changes {
  readonly options: ChangesOptions;

  constructor(options: ChangesOptions) {
    this.options = options;
  }

  /**
   * Stores a change and makes the releases that follow from it; of two changes of a tenant at once, one waits.
   *
   * @param store answers the names of what is another than before
   * @param release makes the release of a service cluster; unless given, where its environment is another than before
   */
  make(
    principal: Principal,
    ref: ConfigurationRef,
    store: (owner: Owner) => Promise<readonly string[]>,
    release: (cluster: ClusterState) => Promise<ReleaseRecord | null> = (cluster) =>
      this.options.releases.ensure(cluster, principal.name),
  ): Promise<ConfigurationChange> {
    const { fleet, keeper } = this.options;
    const tenant = tenantOfApplication(principal, ref.tenant, ref.application, 'deployer');
    return keeper.exclusively([tenant], async () => {
      const owner = requireOwner(fleet, principal, ref);
      const changed = await store(owner);
      const releases: { alias: string; release: ReleaseRecord }[] = [];
      // Also when nothing changed: a crash may have come between what was stored and its release.
      for (const cluster of owner.clusters) {
        const made = await cluster.serial.run(async () =>
          fleet.cluster(cluster.record.uid) === cluster ? release(cluster) : null,
        );
        if (made !== null) releases.push({ alias: cluster.record.alias, release: made });
      }
      return { changed, releases };
    });
  }
}
