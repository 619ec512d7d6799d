/** Instances that are recorded and that nobody has shown since the start: they are taken to be as their records say. */
import type { ObservedInstance } from '../ports/provider.ts';
import type { Repositories } from '../ports/store.ts';
import type { InstanceRecord } from '../records/instances.ts';

export async function assumedInstances(
  store: Pick<Repositories, 'instances'>,
  seen: readonly ObservedInstance[],
): Promise<ObservedInstance[]> {
  const known = new Set(seen.map(({ instance }) => instance));
  const records = await store.instances.find({
    state: ['created', 'initialized', 'starting', 'active', 'maintenance', 'ready-to-shutdown', 'faulty'],
  });
  return records.filter(({ uid }) => !known.has(uid)).map(assumed);
}

function assumed({ uid, cluster, tenant, application, alias, state, host, port }: InstanceRecord): ObservedInstance {
  return {
    ...{ instance: uid, cluster, tenant, application, alias, host: host ?? '' },
    state: state === 'active' || state === 'maintenance' ? 'running' : 'starting',
    ports: port === null ? [] : [{ name: 'http', protocol: 'http', port }],
  };
}
