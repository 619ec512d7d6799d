/** Pruning: what is older than its time goes, and nothing else. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { event, instance } from '../records.ts';
import * as records from '../records.ts';
import { type Given, once, uids } from './given.ts';

export function pruningContract(given: Given): void {
  describe('pruning', () => {
    const DAY = 24 * 3600 * 1000;

    test('removes what is older than its time, and nothing else', async () => {
      const [decision] = fc.sample(records.decisions, 1);
      if (decision === undefined) throw new Error('no sample');
      await given.store.decisions.save({ ...decision, uid: 'old', at: 0, lastAt: given.time - 30 * DAY - 1 });
      await given.store.decisions.save({ ...decision, uid: 'run', at: 0, lastAt: given.time - 30 * DAY });
      await given.store.events.append([
        event({ at: given.time - 396 * DAY - 1 }),
        event({ at: given.time - 396 * DAY }),
      ]);
      await given.store.instances.save(
        instance({ uid: 'gone', state: 'terminated', terminatedAt: given.time - 31 * DAY }),
      );
      await given.store.instances.save(instance({ uid: 'here', createdAt: 0 }));
      await given.store.endedSessions.save({ uid: 'over', expiresAt: given.time - 1 });
      await given.store.endedSessions.save({ uid: 'lasting', expiresAt: given.time + 2 * DAY });
      await once(given.store, 's', 'k', async () => 1);
      given.time += DAY + 1;
      expect(await given.store.prune(given.time - DAY - 1)).toEqual({
        audit: 0,
        decisions: 1,
        deliveries: 0,
        endedSessions: 1,
        events: 1,
        history: 0,
        idempotency: 0,
        instances: 1,
        tasks: 0,
        usage: 0,
        secretVersions: 0,
      });
      expect(await given.store.prune(given.time)).toMatchObject({ decisions: 1, events: 1, idempotency: 1 });
      expect(uids(await given.store.instances.find({}))).toEqual(['here']);
      expect(uids(await given.store.endedSessions.find({}))).toEqual(['lasting']);
    });

    test('works in pieces', async () => {
      await given.store.events.append(Array.from({ length: 1203 }, () => event({ at: 0 })));
      expect((await given.store.prune(given.time)).events).toBe(1203);
    });
  });

  test('pruning keeps versions of secrets as long as a release takes them, and the newest', async () => {
    const [cluster] = fc.sample(records.clusters, 1);
    const [release] = fc.sample(records.releases, 1);
    const [secret] = fc.sample(records.secretVersions, 1);
    if (cluster === undefined || release === undefined || secret === undefined) throw new Error('no sample');
    const taking = (uid: string) => {
      const reference = { uid, name: 'A', version: 1, delivery: 'environment' as const };
      return { v: 2 as const, release: 'r', environment: {}, secrets: [reference] };
    };
    const version = (uid: string, owner: string, name: string, number: number, retiredAt: number | null) =>
      given.store.secretVersions.save({ ...secret, uid, owner, name, version: number, retiredAt });
    await given.store.clusters.save({ ...cluster, uid: 'c', applicationUid: 'app', stableRelease: 'r-1' });
    await given.store.releases.save({
      ...release,
      uid: 'r-1',
      cluster: 'c',
      number: 1,
      configuration: taking('taken'),
    });
    await given.store.releases.save({
      ...release,
      uid: 'r-2',
      cluster: 'c',
      number: 2,
      configuration: taking('shared'),
    });
    await version('taken', 'c', 'A', 1, 5);
    await version('old', 'c', 'A', 2, 5);
    await version('current', 'c', 'A', 3, null);
    await version('unset', 'c', 'B', 1, 5);
    await version('shared', 'app', 'A', 1, 5);
    await version('old-shared', 'app', 'A', 2, 5);
    await version('newest-shared', 'app', 'A', 3, 5);
    expect((await given.store.prune(given.time)).secretVersions).toBe(2);
    expect(uids(await given.store.secretVersions.find({})).sort()).toEqual([
      'current',
      'newest-shared',
      'shared',
      'taken',
      'unset',
    ]);
  });
}
