/** The real store with a hook before each write: to count, to fail, or never to answer. */
import type { Repositories, Repository, Store } from '../ports/store.ts';

export interface WriteHooks {
  /** Awaited before each write; a rejection is that of the write. `what`: e.g. `clusters.save`. */
  before(what: string): Promise<void>;
}

const REPOSITORIES = [
  'tenants',
  'tokens',
  'uploads',
  'cartridges',
  'policies',
  'applications',
  'clusters',
  'sources',
  'builds',
  'artifacts',
  'releases',
  'rollouts',
  'metadata',
  'configurations',
  'secretVersions',
  'credentials',
  'certificates',
  'hostClusters',
  'webhooks',
  'deliveries',
  'notices',
  'noticeProgress',
  'tasks',
  'instances',
  'decisions',
  'endedSessions',
  'settings',
  'history',
  'usage',
  'meters',
] as const;

/** Every write of the store, a transaction as one, goes through the hooks first. */
export function hooked(store: Store, hooks: WriteHooks): Store {
  const over = <T extends { readonly uid: string }>(name: string, repository: Repository<T>): Repository<T> => ({
    get: (uid) => repository.get(uid),
    find: (filter, page) => repository.find(filter, page),
    save: async (record) => {
      await hooks.before(`${name}.save`);
      await repository.save(record);
    },
    delete: async (uid) => {
      await hooks.before(`${name}.delete`);
      await repository.delete(uid);
    },
  });
  const repositories = Object.fromEntries(
    REPOSITORIES.map((name) => [name, over(name, store[name] as unknown as Repository<{ uid: string }>)]),
  ) as unknown as Omit<Repositories, 'events' | 'audit'>;
  return {
    ...repositories,
    events: store.events,
    audit: store.audit,
    transaction: async (work) => {
      await hooks.before('transaction');
      return store.transaction(work);
    },
    acquireLease: (holder) => store.acquireLease(holder),
    currentFence: () => store.currentFence(),
    observe: async (instance, events) => {
      await hooks.before('instances.save');
      await store.observe(instance, events);
    },
    idempotent: (question, work) => store.idempotent(question, work),
    forgetTenant: async (name) => {
      await hooks.before('forgetTenant');
      return store.forgetTenant(name);
    },
    ping: () => store.ping(),
    close: () => store.close(),
  };
}
