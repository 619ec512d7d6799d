/** The life of an instance, from the log of what happened. */
import { lifecycleOf, type Lifecycle, type LifecycleChange } from '../../domain/topology/lifecycle.ts';
import type { EventRecorder } from '../events.ts';
import type { EventRecord } from '../records/events.ts';
import type { InstanceRecord } from '../records/instances.ts';

/** More changes than an instance has in months of trouble. */
const MOST_EVENTS = 5000;
const PREFIX = 'instance.';
const CHANGES: ReadonlySet<string> = new Set([
  'created',
  'initialized',
  'starting',
  'active',
  'maintenance',
  'ready-to-shutdown',
  'terminated',
  'faulty',
  'unreachable',
  'reachable',
]);

export async function readLifecycle(
  events: Pick<EventRecorder, 'newest'>,
  { uid, tenant }: InstanceRecord,
  now: number,
): Promise<Lifecycle> {
  const found = await events.newest({ subjectUid: uid, tenant }, MOST_EVENTS);
  return lifecycleOf(found.flatMap(changeOf), now);
}

function changeOf({ at, type, cause, data }: EventRecord): LifecycleChange[] {
  const to = type.startsWith(PREFIX) ? type.slice(PREFIX.length) : '';
  if (!CHANGES.has(to)) return [];
  return [{ at, to, cause, reason: (data.reason as LifecycleChange['reason'] | undefined) ?? null }];
}
