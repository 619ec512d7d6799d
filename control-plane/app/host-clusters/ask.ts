/** What operators are told of host clusters. */
import { requireRole } from '../access.ts';
import { pause } from '../back-off.ts';
import { RequestError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { HostClusterRecord } from '../records/host-clusters.ts';
import type { HostClusters } from './host-clusters.ts';
import type { HostCluster, HostClusterFeeds, HostClusterList, HostClusterQueries } from './use-cases.ts';

/** Each is looked at every ten seconds: of many together not every look is told by itself. */
const LEAST_GAP_MILLISECONDS = 1000;

export interface HostClusterQueryOptions {
  readonly store: Pick<Store, 'hostClusters'>;
  readonly vault: Pick<Vault, 'has'>;
  readonly hostClusters: Pick<HostClusters, 'status' | 'changed'>;
}

export interface HostClusterFeedOptions extends HostClusterQueryOptions {
  readonly clock: Pick<Clock, 'setTimeout'>;
}

export function createHostClusterQueries(options: HostClusterQueryOptions): HostClusterQueries {
  return {
    async hostClusters(principal) {
      requireRole(principal, 'operator');
      return allShown(options);
    },
    async hostCluster(principal, name) {
      requireRole(principal, 'operator');
      const [record] = await options.store.hostClusters.find({ name });
      return record && shown(options, record);
    },
  };
}

export function createHostClusterFeeds(options: HostClusterFeedOptions): HostClusterFeeds {
  const list = newestList(options);
  return {
    hostCluster: (principal, name, signal) => {
      requireRole(principal, 'operator');
      return follow(options, name, signal);
    },
    hostClusters: (principal, signal) => {
      requireRole(principal, 'operator');
      return followAll(options, list, signal);
    },
  };
}

async function* followAll(
  { hostClusters, clock }: Pick<HostClusterFeedOptions, 'hostClusters' | 'clock'>,
  list: () => Promise<HostClusterList>,
  signal: AbortSignal,
): AsyncGenerator<HostClusterList> {
  let last: HostClusterList | undefined;
  while (!signal.aborted) {
    const { version } = hostClusters.changed;
    const next = await list();
    if (next !== last) {
      yield next;
      await pause(clock, LEAST_GAP_MILLISECONDS, signal).catch(() => undefined);
    }
    last = next;
    await hostClusters.changed.after(version, signal);
  }
}

/** What there is now; the same object for all who ask until something has changed. */
function newestList(options: HostClusterQueryOptions): () => Promise<HostClusterList> {
  let newest: { readonly text: string; readonly list: HostClusterList } | undefined;
  let reading: { readonly version: number; readonly list: Promise<HostClusterList> } | undefined;
  const read = async (): Promise<HostClusterList> => {
    const list = { hostClusters: await allShown(options) };
    const text = JSON.stringify(list);
    if (newest?.text !== text) newest = { text, list };
    return newest.list;
  };
  return () => {
    const { version } = options.hostClusters.changed;
    // A reading that failed is not given again.
    if (reading?.version !== version) {
      const list = read().catch((error: unknown) => {
        reading = undefined;
        throw error;
      });
      reading = { version, list };
    }
    return reading.list;
  };
}

async function allShown(options: HostClusterQueryOptions): Promise<HostCluster[]> {
  const found = await options.store.hostClusters.find({});
  return found.map((record) => shown(options, record)).sort((a, b) => (a.name < b.name ? -1 : 1));
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
