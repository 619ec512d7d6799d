import { beforeEach, describe, expect, test } from '@jest/globals';
import type { StatusReport } from '../../../schema/mqtt/status.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { EventRecorder } from '../events.ts';
import { Fleet } from '../fleet/fleet.ts';
import { InstanceJournal } from '../fleet/instance-journal.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { InstanceRecord } from '../records/instances.ts';
import { addInstance, CLOCK, clusterOf, NOW } from '../testing/records.ts';
import { onStatus } from './status.ts';

let cluster: ClusterState;
let instance: InstanceState;
const dirty: ClusterState[] = [];
const started: number[] = [];
const stored = new Map<string, InstanceRecord>();
const log = { append: async () => [], after: async () => [], newest: async () => [], last: async () => 0 };
const events = new EventRecorder(
  { events: log, transaction: () => Promise.reject(new Error('nothing here changes the store')) },
  () => NOW,
  () => undefined,
);
const journal = new InstanceJournal(
  { observe: async (record) => void stored.set(record.uid, record) },
  events,
  CLOCK,
  () => undefined,
);

beforeEach(() => {
  dirty.length = started.length = 0;
  const fleet = new Fleet();
  cluster = clusterOf('web', 'node', { stableRelease: 'r1' });
  fleet.addCluster(cluster);
  instance = addInstance(fleet, cluster, { state: 'created', activeAt: null, host: null, port: null });
  instance.session = null;
  instance.connected = false;
});

const context = {
  journal,
  markDirty: (marked: ClusterState) => void dirty.push(marked),
  silence: { look: () => undefined },
  started: (_: ClusterState, seconds: number) => void started.push(seconds),
};
const at = (receivedAt: number) => ({ cluster, instance, receivedAt, retained: false });

function report(session: string, sequence: number, changes: Partial<StatusReport> = {}): StatusReport {
  return {
    v: 1,
    session,
    sequence,
    state: 'starting',
    reads: { desired: [1], command: [1] },
    agentVersion: 'test',
    addresses: [],
    restarts: 0,
    ...changes,
  };
}
const say = (...[session, sequence, changes]: Parameters<typeof report>) =>
  onStatus(at(NOW + 1000 * sequence), report(session, sequence, changes), context);

test('a birth makes it known: session, state, address, inventory; the service cluster is looked at', () => {
  const addresses = [
    { name: 'admin', host: '10.0.0.9', port: 9000 },
    { name: 'http', host: '10.0.0.1', port: 8080 },
  ];
  say('s1', 1, { state: 'initialized', addresses, inventory: { cpus: 4 } });
  expect(instance).toMatchObject({ session: 's1', connected: true, lastHeardAt: NOW + 1000 });
  expect(instance.record).toMatchObject({
    state: 'initialized',
    host: '10.0.0.1',
    port: 8080,
    inventory: { cpus: 4 },
    release: 'r1',
  });
  expect(dirty).toEqual([cluster]);
});

test('the first time that it is active counts as one start, measured from the request for it', () => {
  say('s1', 1);
  say('s1', 2, { state: 'active' });
  say('s1', 3, { state: 'maintenance' });
  say('s1', 4, { state: 'active' });
  expect(started).toEqual([2]);
  expect(instance.record.activeAt).toBe(NOW + 2000);
});

test('a report that comes late changes nothing; the same birth again is a reconnect', () => {
  say('s1', 5, { state: 'active' });
  say('s1', 4, { state: 'starting' });
  expect(instance.record.state).toBe('active');
  instance.connected = false;
  say('s1', 5, { state: 'active' });
  expect(instance.connected).toBe(true);
});

test('another session begins anew, also one whose clock went back', () => {
  say('01zzzzzzzz', 9, { state: 'active' });
  instance.statsSequence = 700;
  say('01aaaaaaaa', 1, { state: 'starting' });
  expect(instance).toMatchObject({ session: '01aaaaaaaa', statsSequence: 0 });
  expect(instance.record.state).toBe('starting');
});

test('a session that has ended says nothing any more', () => {
  say('s1', 1);
  say('s2', 1, { state: 'active' });
  say('s1', 50, { state: 'faulty' });
  expect(instance.session).toBe('s2');
  expect(instance.record.state).toBe('active');
});

describe('a will', () => {
  const will = (session: string) => onStatus(at(NOW + 9000), { v: 1, session, state: 'offline' }, context);

  test('of the present session makes it unreachable, and a new birth reachable again', () => {
    say('s1', 1, { state: 'active' });
    will('s1');
    expect(instance.record).toMatchObject({ state: 'active', unreachable: true });
    expect(instance.connected).toBe(false);
    say('s1', 1, { state: 'active' });
    expect(instance.record.unreachable).toBe(false);
  });

  test('of another session is the echo of a connection that was replaced', () => {
    say('s1', 1);
    say('s2', 1, { state: 'active' });
    will('s1');
    expect(instance.record.unreachable).toBe(false);
    expect(instance.connected).toBe(true);
  });

  test('right after an outage of the platform’s own says nothing of the agent, until that was heard again', () => {
    say('s1', 1, { state: 'active' });
    instance.awaitedSince = NOW + 8000;
    will('s1');
    expect(instance.record.unreachable).toBe(false);
    expect(instance.connected).toBe(false);
    onStatus(at(NOW + 8500), report('s1', 1, { state: 'active' }), context);
    will('s1');
    expect(instance.record.unreachable).toBe(true);
  });

  test('before any birth is nobody’s', () => {
    will('s1');
    expect(instance.record.unreachable).toBe(false);
  });
});

test('that it has ended for good is the provider’s to say, not the agent’s', () => {
  say('s1', 1, { state: 'active' });
  say('s1', 2, { state: 'terminated' });
  expect(instance.record.state).toBe('ready-to-shutdown');
  expect(instance.isLive).toBe(true);
});

test('an instance that was given up does not come back to life', () => {
  instance.record = { ...instance.record, state: 'terminated', terminatedAt: NOW };
  say('s1', 1, { state: 'active' });
  expect(instance.record.state).toBe('terminated');
  expect(started).toEqual([]);
});

test('its windows count it from the end of its warm-up on', () => {
  cluster.plan = { ...cluster.plan, spec: { ...cluster.plan.spec, warmUpSeconds: 10 } };
  say('s1', 1, { state: 'active' });
  const uid = instance.record.uid;
  const observe = (seconds: number): boolean => {
    const now = NOW + 1000 * seconds;
    return cluster.windows.observeGauge(uid, 'loadAverage', now, 50, now);
  };
  expect(observe(5)).toBe(false);
  expect(observe(12)).toBe(true);
});

test('a failed hook that stopped nothing is kept, and one event; what was told before this control plane began is not told again', async () => {
  const told: { type: string; data: unknown }[] = [];
  const recording = new InstanceJournal(
    { observe: async (_, happened) => void told.push(...happened) },
    events,
    CLOCK,
    () => undefined,
  );
  const hear = (session: string, sequence: number, hookFailure?: StatusReport['hookFailure']) =>
    onStatus(at(NOW), report(session, sequence, hookFailure ? { hookFailure } : {}), {
      ...context,
      journal: recording,
    });
  const failure = (number: number) => ({ hook: 'after-start', number, message: 'it is broken' });
  instance.record = { ...instance.record, hookFailure: { hook: 'after-start', message: 'it is broken', at: NOW - 1 } };
  hear('s1', 5, failure(1));
  expect(instance.record.hookFailure!.at).toBe(NOW - 1);
  hear('s1', 6, failure(2));
  hear('s1', 7, failure(2));
  hear('s2', 1);
  hear('s2', 2, failure(1));
  await recording.settle();
  expect(told.filter(({ type }) => type === 'instance.hook-failed').map(({ data }) => data)).toEqual([
    { hook: 'after-start', message: 'it is broken' },
    { hook: 'after-start', message: 'it is broken' },
  ]);
  expect(instance.record.hookFailure).toEqual({ hook: 'after-start', message: 'it is broken', at: NOW });
  await recording.close();
});

test('a hook that failed while no control plane listened is told of by the next one', async () => {
  const told: { type: string }[] = [];
  const recording = new InstanceJournal(
    { observe: async (_, happened) => void told.push(...happened) },
    events,
    CLOCK,
    () => undefined,
  );
  const hookFailure = { hook: 'cleanup', number: 3, message: 'it is broken' };
  onStatus(at(NOW), report('s1', 5, { hookFailure }), { ...context, journal: recording });
  await recording.settle();
  expect(told.map(({ type }) => type)).toContain('instance.hook-failed');
  expect(instance.record.hookFailure).toMatchObject({ hook: 'cleanup' });
  await recording.close();
});
