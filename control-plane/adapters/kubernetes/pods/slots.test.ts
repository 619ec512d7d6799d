import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  bound,
  boundByOrdinal,
  changed,
  freeOrdinal,
  isCounted,
  readSlots,
  replicasOf,
  withoutSlot,
  withSlot,
  writeSlots,
  type Slot,
} from './slots.ts';

const uids = (kind: string) => fc.integer({ min: 0, max: 9 }).map((number) => `${kind}${number}`);
/** Instances and pods occur once each, as they do in any list that was made by what is tried here. */
const lists: fc.Arbitrary<Slot[]> = fc
  .uniqueArray(
    fc.record(
      {
        instance: uids('i'),
        pod: uids('p'),
        leaving: fc.constant(true as const),
        ended: fc.constant('it was stopped'),
      },
      { requiredKeys: ['instance'] },
    ),
    { selector: ({ instance }) => instance },
  )
  .map((list) => {
    const seen = new Set<string>();
    return list.map(({ pod, ...others }) => {
      if (pod === undefined || seen.has(pod)) return others;
      seen.add(pod);
      return { ...others, pod };
    });
  });

describe('the slots of a Deployment', () => {
  test('are read as they were written', () => {
    fc.assert(fc.property(lists, (list) => expect(readSlots(writeSlots(list))).toEqual(list)));
  });

  test('are none where somebody else wrote the annotation', () => {
    for (const text of [undefined, '', '{', '{}', '[1]', '[{"pod":"p"}]', '[{"instance":"../x"}]'])
      expect(readSlots(text)).toEqual([]);
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void readSlots(text)));
  });

  test('give each pod to one instance at most, keep what is bound, and leave no pod over while an instance waits for one', () => {
    fc.assert(
      fc.property(lists, fc.uniqueArray(uids('p')), (list, pods) => {
        const next = bound(list, pods);
        const taken = next.flatMap(({ pod }) => pod ?? []);
        expect(new Set(taken).size).toBe(taken.length);
        list.forEach((slot, index) => {
          if (slot.pod !== undefined || !isCounted(slot)) expect(next[index]).toEqual(slot);
        });
        const waits = next.some((slot) => isCounted(slot) && slot.pod === undefined);
        const isFree = pods.some((pod) => !taken.includes(pod));
        expect(waits && isFree).toBe(false);
        // Looked at again, nothing is left to do.
        expect(bound(next, pods)).toBe(next);
      }),
    );
  });

  test('count who stays, whatever happens to the others', () => {
    fc.assert(
      fc.property(lists, uids('i'), (list, instance) => {
        const isNew = list.every((slot) => slot.instance !== instance);
        expect(replicasOf(withSlot(list, instance))).toBe(replicasOf(list) + (isNew ? 1 : 0));
        expect(withSlot(withSlot(list, instance), instance)).toEqual(withSlot(list, instance));
        const gone = withoutSlot(list, instance);
        expect(gone.some((slot) => slot.instance === instance)).toBe(false);
        const leaving = changed(list, instance, { leaving: true });
        expect(replicasOf(leaving)).toBe(replicasOf(gone));
        expect(changed(leaving, instance, { leaving: true })).toBe(leaving);
      }),
    );
  });
});

describe('the slots of a StatefulSet', () => {
  const numbered = lists.map((list) => {
    // As they come about: each takes the lowest number that is free then.
    return list.reduce<readonly Slot[]>((made, slot) => [...made, { ...slot, ordinal: freeOrdinal(made) }], []);
  });
  const pods = fc.uniqueArray(fc.record({ uid: uids('p'), ordinal: fc.integer({ min: 0, max: 9 }) }), {
    selector: ({ ordinal }) => ordinal,
  });

  test('give a number to one instance at a time, and reach to the highest that stays', () => {
    fc.assert(
      fc.property(numbered, (list) => {
        const there = list.filter(({ ended }) => ended === undefined).map(({ ordinal }) => ordinal);
        expect(new Set(there).size).toBe(there.length);
        expect(there).not.toContain(freeOrdinal(list));
        const staying = list.filter(isCounted).map(({ ordinal }) => ordinal!);
        expect(replicasOf(list)).toBe(Math.max(-1, ...staying) + 1);
      }),
    );
  });

  test('an instance is the pod that has its number now, and one that is to end stays what it was', () => {
    fc.assert(
      fc.property(numbered, pods, (list, seen) => {
        const next = boundByOrdinal(list, seen);
        list.forEach((slot, index) => {
          if (!isCounted(slot)) expect(next[index]).toEqual(slot);
        });
        expect(boundByOrdinal(next, seen)).toBe(next);
      }),
    );
    const slots: readonly Slot[] = [
      { instance: 'a', ordinal: 0, pod: 'p0' },
      { instance: 'b', ordinal: 1, pod: 'p1' },
      { instance: 'c', ordinal: 2, pod: 'p2', leaving: true },
    ];
    const made = [
      { uid: 'p0', ordinal: 0 },
      { uid: 'p9', ordinal: 1 },
      { uid: 'p8', ordinal: 2 },
    ];
    expect(boundByOrdinal(slots, made).map(({ pod }) => pod)).toEqual(['p0', 'p9', 'p2']);
    // What takes the place of one that has ended has its number and its pod.
    const ended = changed(slots, 'c', { ended: 'it was stopped' });
    const followed = withSlot(ended, 'd', { ordinal: freeOrdinal(ended) });
    expect(boundByOrdinal(followed, made).at(-1)).toEqual({ instance: 'd', ordinal: 2, pod: 'p8' });
  });
});
