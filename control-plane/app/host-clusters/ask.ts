/** What operators are told of host clusters. */
import { requireRole } from '../access.ts';
import { RequestError } from '../errors.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { HostClusterRecord } from '../records/host-clusters.ts';
import type { HostClusters } from './host-clusters.ts';
import type { HostCluster, HostClusterFeeds, HostClusterQueries } from './use-cases.ts';

export interface HostClusterQueryOptions {
  readonly store: Pick<Store, 'hostClusters'>;
  readonly vault: Pick<Vault, 'has'>;
  readonly hostClusters: Pick<HostClusters, 'status' | 'changed'>;
}

export function createHostClusterQueries(options: HostClusterQueryOptions): HostClusterQueries {
  return {
    async hostClusters(principal) {
      requireRole(principal, 'operator');
      const found = await options.store.hostClusters.find({});
      return found.map((record) => shown(options, record)).sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async hostCluster(principal, name) {
      requireRole(principal, 'operator');
      const [record] = await options.store.hostClusters.find({ name });
      return record && shown(options, record);
    },
  };
}

export function createHostClusterFeeds(options: HostClusterQueryOptions): HostClusterFeeds {
  return {
    hostCluster: (principal, name, signal) => {
      requireRole(principal, 'operator');
      return follow(options, name, signal);
    },
  };
}

async function* follow(
  options: HostClusterQueryOptions,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<HostCluster> {
  const { uid } = await required(options.store, name);
  let last = '';
  while (!signal.aborted) {
    const { version } = options.hostClusters.changed;
    const record = await options.store.hostClusters.get(uid);
    if (record === undefined) return;
    const next = shown(options, record);
    const text = JSON.stringify(next);
    if (text !== last) yield next;
    last = text;
    await options.hostClusters.changed.after(version, signal);
  }
}

/** Throws `RequestError` NOT_FOUND. */
export async function required(store: Pick<Store, 'hostClusters'>, name: string): Promise<HostClusterRecord> {
  const [record] = await store.hostClusters.find({ name });
  if (record !== undefined) return record;
  throw new RequestError(
    'NOT_FOUND',
    `there is no host cluster ${JSON.stringify(name.slice(0, 100))}; see "cartwright cluster get"`,
    {
      field: 'name',
    },
  );
}

/** Without what is sealed. */
export function shown(
  { vault, hostClusters }: HostClusterQueryOptions,
  { sealed, noticedDays: _, tenant: __, ...rest }: HostClusterRecord,
): HostCluster {
  return { ...rest, isReadable: vault.has(sealed.key), status: hostClusters.status(rest.uid) };
}
