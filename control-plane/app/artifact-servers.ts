/** The servers of artifacts in host clusters, one a tenant: how the control plane knows one, and what it is to have. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { MOST_ARTIFACTS, type ArtifactList } from '../../schema/agent/artifact-server.ts';
import type { Repositories } from './ports/store.ts';
import type { Vault } from './ports/vault.ts';

const PURPOSE = 'artifact-server';
/** `HOSTCLUSTER.TENANT.SECRET`: it says who it is, and nobody makes the secret of another. */
const TOKEN = /^([a-z0-9-]{1,40})\.([a-z0-9-]{1,40})\.([A-Za-z0-9_-]{40,64})$/;
const MOST_AT_ONCE = 500;

/** What the server of this tenant in this host cluster (by its uid) shows; `undefined` where the control plane has no key. Nothing of it is stored. */
export function artifactServerToken(
  vault: Pick<Vault, 'derive'>,
  hostCluster: string,
  tenant: string,
): string | undefined {
  const [secret] = vault.derive(PURPOSE, `${hostCluster}/${tenant}`);
  return secret === undefined ? undefined : `${hostCluster}.${tenant}.${secret}`;
}

type Stores = Pick<Repositories, 'hostClusters' | 'clusters' | 'releases' | 'artifacts'>;

export class ArtifactServerAccess {
  readonly #store: Stores;
  readonly #vault: Pick<Vault, 'derive'>;

  constructor(store: Stores, vault: Pick<Vault, 'derive'>) {
    this.#store = store;
    this.#vault = vault;
  }

  /** The tenant whose server shows this token; `undefined` refuses. */
  async tenantOf(token: string): Promise<string | undefined> {
    const [, hostCluster, tenant, secret] = TOKEN.exec(token) ?? [];
    if (hostCluster === undefined || tenant === undefined || secret === undefined) return undefined;
    const isKnown = this.#vault.derive(PURPOSE, `${hostCluster}/${tenant}`).some((one) => isSame(one, secret));
    if (!isKnown || (await this.#store.hostClusters.get(hostCluster)) === undefined) return undefined;
    return tenant;
  }

  /** What runs or is rolled out first, then the releases that are kept, the newest first. */
  async list(tenant: string): Promise<ArtifactList> {
    const clusters = await this.#store.clusters.find({ tenant });
    const running = new Set(
      clusters.flatMap(({ stableRelease, candidateRelease }) => [stableRelease, candidateRelease]),
    );
    const releases = await this.#store.releases.find({ tenant }, { newestFirst: true, limit: MOST_ARTIFACTS });
    const ordered = [
      ...releases.filter(({ uid }) => running.has(uid)),
      ...releases.filter(({ uid }) => !running.has(uid)),
    ];
    const digests = [...new Set(ordered.flatMap(({ artifact }) => artifact ?? []))];
    const sizes = new Map<string, number>();
    for (let from = 0; from < digests.length; from += MOST_AT_ONCE) {
      const found = await this.#store.artifacts.find({ uid: digests.slice(from, from + MOST_AT_ONCE) });
      for (const { uid, bytes } of found) sizes.set(uid, bytes);
    }
    const artifacts = digests.flatMap((digest) => {
      const bytes = sizes.get(digest);
      return bytes === undefined ? [] : [{ digest, bytes }];
    });
    return { v: 1, artifacts };
  }

  /** Of any release of the tenant. */
  async mayRead(tenant: string, artifact: string): Promise<boolean> {
    return (await this.#store.releases.find({ tenant, artifact }, { limit: 1 })).length > 0;
  }
}

function isSame(a: string, b: string): boolean {
  const [first, second] = [a, b].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(first, second);
}
