/**
 * Which instances a Deployment (or a StatefulSet) is for, and which pod is which of them. A Deployment counts pods and knows none by name; an instance has its
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
  /** Of a StatefulSet: the number of the pods that it is, one after the other, and with it of its volumes. */
  ordinal: z.int().min(0).max(100_000).optional(),
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

/** How many pods there are to be. With numbers: as many as reach to the highest one, whoever is missing below it. */
export function replicasOf(list: readonly Slot[]): number {
  return list
    .filter(isCounted)
    .reduce((count, { ordinal }) => (ordinal === undefined ? count + 1 : Math.max(count, ordinal + 1)), 0);
}

/** The lowest number whose volumes no instance has: that of one that has ended is free, that of one that is just ending is not. */
export function freeOrdinal(list: readonly Slot[]): number {
  const taken = new Set(list.filter(({ ended }) => ended === undefined).map(({ ordinal }) => ordinal));
  let ordinal = 0;
  while (taken.has(ordinal)) ordinal += 1;
  return ordinal;
}

/** With one more, at the end; the same list where the instance has its slot already. */
export function withSlot(
  list: readonly Slot[],
  instance: string,
  more: Pick<Slot, 'cause' | 'ordinal'> = {},
): readonly Slot[] {
  if (list.some((one) => one.instance === instance)) return list;
  const { cause, ordinal } = more;
  return [
    ...list,
    { instance, ...(cause === undefined ? {} : { cause }), ...(ordinal === undefined ? {} : { ordinal }) },
  ];
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

/** A pod with a number of its own. */
export interface NumberedPod {
  readonly uid: string;
  readonly ordinal: number;
}

/**
 * With numbers an instance is whichever pod has its number now: the one that Kubernetes makes in the place of another goes on as the same. The
 * same list where nothing is to be bound.
 */
export function boundByOrdinal(list: readonly Slot[], pods: readonly NumberedPod[]): readonly Slot[] {
  const byOrdinal = new Map(pods.map(({ ordinal, uid }) => [ordinal, uid]));
  // One that is to end keeps its pod until it has: then the number, and what has it next, is another's.
  const held = new Set(list.filter((one) => !isCounted(one)).map(({ pod }) => pod));
  let isChanged = false;
  const next = list.map((one) => {
    const pod = byOrdinal.get(one.ordinal ?? -1);
    if (!isCounted(one) || pod === undefined || pod === one.pod || held.has(pod)) return one;
    isChanged = true;
    return { ...one, pod };
  });
  return isChanged ? next : list;
}
