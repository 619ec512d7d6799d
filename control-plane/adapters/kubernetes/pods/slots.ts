/**
 * Which instances a Deployment is for, and which pod is which of them. A Deployment counts pods and knows none by name; an instance has its
 * id, its token and its record before there is a pod. So each Deployment carries a list of slots in an annotation: an instance each, bound to
 * a pod once there is one. Pure; a list that is not ours to read is empty.
 */
import * as z from 'zod';
import { id } from '../../../../schema/mqtt/payload.ts';

const slot = z.object({
  instance: id,
  /** Uid of the pod that it is; absent: none yet. */
  pod: z.string().max(64).optional(),
  /** Decision or request that asked for it. */
  cause: z.string().max(64).optional(),
  /** It is to end: counted no more. */
  leaving: z.literal(true).optional(),
  /** Why it has ended, where it was ended by us. */
  ended: z.string().max(500).optional(),
});
export type Slot = z.infer<typeof slot>;

const slots = z.array(slot).max(1000);

export function readSlots(text: string | undefined): readonly Slot[] {
  if (text === undefined) return [];
  try {
    return slots.parse(JSON.parse(text));
  } catch {
    return [];
  }
}

export function writeSlots(list: readonly Slot[]): string {
  return JSON.stringify(list);
}

export function isCounted({ leaving, ended }: Slot): boolean {
  return leaving === undefined && ended === undefined;
}

/** How many pods the Deployment is to have. */
export function replicasOf(list: readonly Slot[]): number {
  return list.filter(isCounted).length;
}

/** With one more, at the end; the same list where the instance has its slot already. */
export function withSlot(list: readonly Slot[], instance: string, cause?: string): readonly Slot[] {
  if (list.some((one) => one.instance === instance)) return list;
  return [...list, { instance, ...(cause === undefined ? {} : { cause }) }];
}

export function withoutSlot(list: readonly Slot[], instance: string): readonly Slot[] {
  return list.some((one) => one.instance === instance) ? list.filter((one) => one.instance !== instance) : list;
}

/** The slot changed; the same list where there is none, or nothing changes. */
export function changed(list: readonly Slot[], instance: string, change: Partial<Slot>): readonly Slot[] {
  const known = list.find((one) => one.instance === instance);
  const isSame =
    known === undefined || (Object.keys(change) as (keyof Slot)[]).every((key) => known[key] === change[key]);
  return isSame ? list : list.map((one) => (one.instance === instance ? { ...one, ...change } : one));
}

/** Pods that are nobody's get the slots without one, the oldest first. `pods`: uids, the oldest first; the same list where nothing is to be bound. */
export function bound(list: readonly Slot[], pods: readonly string[]): readonly Slot[] {
  const taken = new Set(list.map(({ pod }) => pod));
  const free = pods.filter((pod) => !taken.has(pod));
  let isChanged = false;
  const next = list.map((one) => {
    if (one.pod !== undefined || !isCounted(one) || free.length === 0) return one;
    isChanged = true;
    return { ...one, pod: free.shift()! };
  });
  return isChanged ? next : list;
}
