/** The lease on a real PostgreSQL: one holder, by the server's clock, through failures. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../../../test/support/eventually.ts';
import { openStore } from '../store.ts';
import { PostgresServer } from '../testing/postgres-server.ts';
import { instance } from '../testing/records.ts';
import { takeLease } from './lease-holder.ts';
import type { Lease, LeaseOptions } from './lease-holder.ts';
import type { PostgresSettings } from './settings.ts';

const LEASE_MILLISECONDS = 2000;

let server: PostgresServer;
let settings: PostgresSettings;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.close());
beforeEach(async () => {
  settings = await server.database();
});
const owned: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of owned.splice(0).reverse()) await one.close();
});
const own = <T extends { close(): Promise<unknown> }>(one: T): T => {
  owned.push(one);
  return one;
};

async function take(holder: string, options: Partial<LeaseOptions> = {}): Promise<Lease> {
  const lease = await takeLease({
    settings,
    holder,
    leaseMilliseconds: LEASE_MILLISECONDS,
    onStandby: () => undefined,
    onTrouble: () => undefined,
    signal: new AbortController().signal,
    ...options,
  });
  return own(lease);
}

/** Makes the holder as one that was stopped: the server sees no renewal, and what it holds runs out. */
async function expire({ fence }: Lease): Promise<void> {
  await server.sql(`update lease set expires_at = 0 where fence = ${fence}`, settings.database);
}

test('the first one has it at once, on an empty database, too', async () => {
  const lease = await take('first');
  expect(lease.fence).toBeGreaterThan(1_700_000_000);
  expect(() => lease.mayAct()).not.toThrow();
});

test('the second one waits as long as it is renewed, says for whom, and has it at once when it is given back', async () => {
  const first = await take('first');
  const heard: string[] = [];
  let second: Lease | undefined;
  const waiting = take('second', { onStandby: (by) => heard.push(`${by.holder} ${by.fence}`) }).then(
    (lease) => (second = lease),
  );
  await eventually('it waits', () => heard.length > 0);
  const end = performance.now() + 1.5 * LEASE_MILLISECONDS;
  await eventually('it was renewed beyond its time', () => performance.now() > end, 10_000);
  expect(second).toBeUndefined();
  expect(() => first.mayAct()).not.toThrow();
  const released = performance.now();
  await first.close();
  await waiting;
  expect(performance.now() - released).toBeLessThan(LEASE_MILLISECONDS);
  expect(second?.fence).toBeGreaterThan(first.fence);
  expect(heard).toEqual([`first ${first.fence}`]);
});

test('of many that want it when its time is over one gets it, and the old holder hears it and writes nothing more', async () => {
  const first = await take('first');
  const store = own(await openStore({ postgres: settings, fence: first.fence }));
  await store.instances.save(instance({ uid: 'a' }));
  const abort = new AbortController();
  let taken = 0;
  const others = Array.from({ length: 5 }, (_, index) =>
    take(`other-${index}`, { signal: abort.signal }).then((lease) => {
      taken += 1;
      return lease;
    }),
  );
  // As often as the holder renews it before any of them looks.
  await eventually('one has it', async () => {
    await expire(first);
    return taken > 0;
  });
  const winner = await Promise.any(others);
  expect(winner.fence).toBeGreaterThan(first.fence);
  expect(await first.lost).toMatchObject({ code: 'LEASE_LOST' });
  expect(() => first.mayAct()).toThrow('acts no more');
  await expect(store.instances.save(instance({ uid: 'b' }))).rejects.toMatchObject({ code: 'FENCED' });
  expect(taken).toBe(1);
  abort.abort(new Error('enough'));
  const ends = await Promise.allSettled(others);
  expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(4);
});

test('the server away for longer than the lease: nothing may be done, and when nobody took over it goes on', async () => {
  const troubles: string[] = [];
  const lease = await take('first', { onTrouble: (reason) => troubles.push(reason.message) });
  await server.stop('fast');
  await eventually('it may no longer act', () => throws(lease.mayAct, 'LEASE_UNCERTAIN'), 10_000);
  expect(troubles.length).toBeGreaterThan(0);
  await server.run();
  await eventually('it may act again', () => !throws(lease.mayAct, 'LEASE_UNCERTAIN'), 10_000);
  expect(await server.sql('select fence from lease', settings.database)).toEqual([{ fence: `${lease.fence}` }]);
});

test('a server that does not answer costs the right to act, and not for ever', async () => {
  const lease = await take('first');
  await server.freeze();
  try {
    await eventually('it may no longer act', () => throws(lease.mayAct, 'LEASE_UNCERTAIN'), 10_000);
  } finally {
    await server.thaw();
  }
  await eventually('it may act again', () => !throws(lease.mayAct, 'LEASE_UNCERTAIN'), 10_000);
});

test('a transaction that the old holder left open is ended by the server, and the next one gets the lease', async () => {
  const first = await take('first');
  const store = own(await openStore({ postgres: settings, fence: first.fence }));
  let go = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (go = resolve));
  const outcome = store
    .transaction(async (repositories) => {
      await repositories.instances.save(instance({ uid: 'late' }));
      await stopped;
    })
    .catch((error: unknown) => error);
  await first.close();
  const second = await take('second');
  expect(second.fence).toBeGreaterThan(first.fence);
  go();
  expect(await outcome).toMatchObject({ code: 'FENCED' });
  expect(await store.instances.get('late')).toBeUndefined();
});

test('waiting is ended by its signal', async () => {
  await take('first');
  const abort = new AbortController();
  const waiting = take('second', { signal: abort.signal, onStandby: () => abort.abort(new Error('enough')) });
  await expect(waiting).rejects.toThrow('enough');
});

test('a newer schema is refused before anything is taken', async () => {
  const first = await take('first');
  await first.close();
  await server.sql("insert into migration (name, executed_at) values ('9999-future', now())", settings.database);
  await expect(take('second')).rejects.toMatchObject({ code: 'DATABASE_NEWER' });
  expect(await server.sql('select fence from lease', settings.database)).toEqual([{ fence: `${first.fence}` }]);
});

function throws(act: () => void, code: string): boolean {
  try {
    act();
    return false;
  } catch (error) {
    return (error as { code?: string }).code === code;
  }
}
