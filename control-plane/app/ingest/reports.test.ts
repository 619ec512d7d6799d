/** What agents report besides their status: samples, demand, artifacts, acknowledgements. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ClusterKey } from '../../../schema/mqtt/topics.ts';
import type { ArtifactReport } from '../../../schema/mqtt/artifact.ts';
import type { Ack } from '../../../schema/mqtt/command.ts';
import type { DemandReport } from '../../../schema/mqtt/demand.ts';
import type { StatsReport } from '../../../schema/mqtt/stats.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { Fleet } from '../fleet/fleet.ts';
import type { InstanceJournal } from '../fleet/instance-journal.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { InstanceRecord } from '../records/instances.ts';
import { target } from '../testing/agents.ts';
import { addInstance, clusterOf, NOW } from '../testing/records.ts';
import { onAck } from './ack.ts';
import { onArtifact } from './artifact.ts';
import { onDemand } from './demand.ts';
import { onStats } from './stats.ts';

let fleet: Fleet;
let web: ClusterState;
let lb: ClusterState;
let instance: InstanceState;
let balancer: InstanceState;
const dirty: string[] = [];
let stale: number;
const metered: string[] = [];
let throttled: string[];
const updates: Partial<InstanceRecord>[] = [];
const journal = { update: (_c: unknown, _i: unknown, patch: Partial<InstanceRecord>) => void updates.push(patch) };

beforeEach(() => {
  fleet = new Fleet();
  web = clusterOf('web');
  lb = clusterOf('lb', 'lb');
  fleet.addCluster(web);
  fleet.addCluster(lb);
  instance = addInstance(fleet, web);
  balancer = addInstance(fleet, lb);
  instance.session = 's1';
  balancer.session = 'b1';
  web.windows.setInstanceState(instance.record.uid, 'active', NOW - 60_000);
  dirty.length = updates.length = metered.length = 0;
  stale = 0;
  throttled = [];
});

const context = () => ({
  fleet,
  journal: journal as unknown as InstanceJournal,
  markDirty: (cluster: ClusterState) => void dirty.push(cluster.record.alias),
  stale: (count: number) => void (stale += count),
  meter: {
    stats: (_cluster: unknown, { record }: InstanceState) => void metered.push(record.uid),
    demand: (_cluster: unknown, { record }: InstanceState) => void metered.push(record.uid),
  },
  throttled: (cluster: ClusterKey, requests: number) => void throttled.push(`${cluster.alias} ${requests}`),
  affinityBroken: (cluster: ClusterKey, requests: number) => void throttled.push(`${cluster.alias} lost ${requests}`),
  ejected: (cluster: ClusterKey, times: number) => void throttled.push(`${cluster.alias} ejected ${times}`),
});
const from = (source: InstanceState, cluster: ClusterState, receivedAt = NOW) => ({
  cluster,
  instance: source,
  receivedAt,
  retained: false,
});

describe('samples', () => {
  const stats = (session: string, sequence: number[], ages: number[], load: number[]): StatsReport => ({
    v: 1,
    session,
    sequence,
    ageMilliseconds: ages,
    gauges: { loadAverage: load },
    counters: {},
  });
  const loads = () => web.windows.read('loadAverage', NOW, 30, 70).window.map(({ second, total }) => [second, total]);
  const second = NOW / 1000;

  test('are dated by their age, whatever the agent’s clock says', () => {
    onStats(from(instance, web), stats('s1', [1, 2, 3], [2000, 1000, 0], [10, 20, 30]), context());
    expect(loads()).toEqual([
      [second - 2, 10],
      [second - 1, 20],
      [second, 30],
    ]);
    expect(instance.lastSample).toEqual({
      ...{ session: 's1', at: NOW, gauges: { loadAverage: 30 }, counters: {}, rates: {} },
      ...{ clockSkewSeconds: null, clockHeard: [] },
    });
    expect(instance.lastHeardAt).toBe(NOW);
    expect(stale).toBe(0);
    expect(metered).toEqual([instance.record.uid]);
  });

  test('of another session, seen before, or too old are counted and dropped', () => {
    onStats(from(instance, web), stats('s1', [5], [0], [10]), context());
    onStats(from(instance, web), stats('s0', [6, 7], [0, 0], [99, 99]), context());
    expect(stale).toBe(2);
    onStats(from(instance, web), stats('s1', [4, 5], [1000, 0], [99, 99]), context());
    expect(stale).toBe(4);
    onStats(from(instance, web), stats('s1', [6, 7], [121_000, 0], [99, 40]), context());
    expect(stale).toBe(5);
    expect(loads()).toEqual([[second, 40]]);
  });

  test('tell how much the counters grow by a second, of one session, and how wrong the agent’s clock is', () => {
    const counted = (session: string, sequence: number[], ages: number[], cpuSeconds: number[], clock?: number) =>
      onStats(
        from(instance, web, NOW + sequence.at(-1)! * 1000),
        {
          ...stats(session, sequence, ages, ages),
          counters: { cpuSeconds },
          ...(clock === undefined ? {} : { clock }),
        },
        context(),
      );
    counted('s1', [1], [0], [5]);
    expect(instance.lastSample).toMatchObject({ rates: {}, clockSkewSeconds: null });
    counted('s1', [3], [0], [6], NOW + 63_000);
    expect(instance.lastSample).toMatchObject({ rates: { cpuSeconds: 0.5 }, clockSkewSeconds: 60 });
    // One that was held up says less of the clock than one before.
    counted('s1', [4], [0], [6], NOW + 24_000);
    expect(instance.lastSample).toMatchObject({ clockSkewSeconds: 60 });
    instance.session = 's2';
    counted('s2', [4, 5], [1000, 0], [0.5, 0.75], NOW - 5000);
    expect(instance.lastSample).toMatchObject({ rates: { cpuSeconds: 0.25 }, clockSkewSeconds: -10 });
  });

  test('before the birth are not taken', () => {
    instance.session = null;
    onStats(from(instance, web), stats('s1', [1], [0], [10]), context());
    expect(stale).toBe(1);
    expect(loads()).toEqual([]);
    expect(metered).toEqual([]);
  });
});

describe('demand', () => {
  const demand = (
    session: string,
    sequence: number,
    arrivals: number,
    changes: { inFlight?: ReadonlyMap<string, number>; queued?: number; alias?: string } = {},
  ): DemandReport => ({
    v: 1,
    session,
    sequence,
    ageMilliseconds: 0,
    uptimeSeconds: sequence,
    targets: {
      [changes.alias ?? 'web']: {
        ...target(changes.inFlight ?? new Map(), changes.queued ?? 0),
        arrivals,
        inFlightSeconds: arrivals,
      },
    },
  });
  const arrivals = (now: number) => web.windows.read('requestsPerSecond', now, 3, 0).window.at(-1)?.total;
  const report = (source: InstanceState, cluster: ClusterState, seconds: number, report: DemandReport) =>
    onDemand(from(source, cluster, NOW + 1000 * seconds), report, context());

  test('of several balancers adds up', () => {
    const second = addInstance(fleet, lb);
    second.session = 'b2';
    for (const seconds of [1, 2, 3]) {
      report(balancer, lb, seconds, demand('b1', seconds, 10 * seconds));
      report(second, lb, seconds, demand('b2', seconds, 5 * seconds));
    }
    expect(arrivals(NOW + 3000)).toBeCloseTo(15, 5);
    expect(web.demandAt).toBe(NOW + 3000);
  });

  test('holds nothing of what limits refused: that is counted, and shown, for itself', () => {
    const limited = (seconds: number, refused: number | undefined) => {
      const sent = demand('b1', seconds, 10 * seconds);
      const web = { ...sent.targets.web!, ...(refused === undefined ? {} : { throttled: refused }) };
      report(balancer, lb, seconds, { ...sent, targets: { web } });
    };
    limited(1, undefined);
    limited(2, 30);
    limited(3, 70);
    limited(4, undefined);
    expect(throttled).toEqual(['web 30', 'web 40']);
    expect(arrivals(NOW + 3000)).toBeCloseTo(10, 5);
    expect(web.windows.throttled(NOW + 3000)).toBeCloseTo(70 / 4, 1);
    expect(web.windows.errorShare(NOW + 3000)).toBe(0);
    expect(web.windows.throughput(NOW + 3000)).not.toBeNull();
  });

  test('counts how often an instance was taken out, and is told nothing by a balancer that does not count it', () => {
    for (const [seconds, ejections] of [
      [1, undefined],
      [2, 1],
      [3, 1],
      [4, 3],
    ] as const) {
      const sent = demand('b1', seconds, 10 * seconds);
      report(balancer, lb, seconds, { ...sent, targets: { web: { ...sent.targets.web!, ejections } } });
    }
    expect(throttled).toEqual(['web ejected 1', 'web ejected 2']);
  });

  test('counts clients whose instance had gone, beside the demand that they are', () => {
    for (const [seconds, affinityBroken] of [
      [1, 0],
      [2, 3],
      [3, 3],
      [4, 5],
    ] as const) {
      const sent = demand('b1', seconds, 10 * seconds);
      report(balancer, lb, seconds, { ...sent, targets: { web: { ...sent.targets.web!, affinityBroken } } });
    }
    expect(throttled).toEqual(['web lost 3', 'web lost 2']);
    expect(arrivals(NOW + 3000)).toBeCloseTo(10, 5);
  });

  test('that waits where no instance is wanted is decided at once', () => {
    web.record = { ...web.record, wanted: 0 };
    web.lastDecidedAt = NOW;
    report(balancer, lb, 1, demand('b1', 1, 1, { queued: 1 }));
    expect(web.lastDecidedAt).toBe(0);
    expect(dirty).toContain('web');
    expect(web.windows.idleSeconds(NOW + 3000)).toBe(2);
  });

  test('is taken only from the application’s own balancer, in its present session', () => {
    report(instance, web, 1, demand('s1', 1, 10));
    report(balancer, lb, 2, demand('b0', 2, 10));
    expect(stale).toBe(2);
    expect(web.demandAt).toBe(0);
    expect(balancer.demandAt).toBe(0);
  });

  test('of a service cluster of another application with the same name is not its own', () => {
    const other = clusterOf('web', 'node', { applicationUid: 'another' });
    fleet.addCluster(other);
    report(balancer, lb, 1, demand('b1', 1, 10));
    report(balancer, lb, 2, demand('b1', 2, 20));
    expect(other.demandAt).toBe(0);
  });

  test('that comes twice or late counts once', () => {
    report(balancer, lb, 1, demand('b1', 1, 10));
    report(balancer, lb, 2, demand('b1', 2, 20));
    report(balancer, lb, 2, demand('b1', 2, 20));
    report(balancer, lb, 3, demand('b1', 1, 10));
    expect(stale).toBe(2);
    expect(arrivals(NOW + 2000)).toBeCloseTo(10, 5);
  });

  test('tells what is in flight at each instance', () => {
    report(balancer, lb, 1, demand('b1', 1, 10, { inFlight: new Map([['web-1', 3]]) }));
    expect(balancer.inFlightByInstance.get('web-1')).toBe(3);
  });

  test('is waited for by a queue and by a drain, and by nobody else', () => {
    report(balancer, lb, 1, demand('b1', 1, 10));
    report(balancer, lb, 2, demand('b1', 2, 20));
    expect(dirty).toEqual([]);
    report(balancer, lb, 3, demand('b1', 3, 30, { queued: 2 }));
    expect(dirty).toEqual(['web']);
    instance.record = { ...instance.record, draining: { purpose: 'stop', since: NOW } };
    report(balancer, lb, 4, demand('b1', 4, 40));
    expect(dirty).toEqual(['web', 'web']);
  });
});

describe('an acknowledgement', () => {
  const ack = (changes: Partial<Extract<Ack, { kind: 'topology' }>> = {}): Ack => ({
    v: 1,
    session: 'b1',
    kind: 'topology',
    alias: 'web',
    uid: web.record.uid,
    epoch: 1,
    generation: 5,
    ...changes,
  });

  test('of a topology is kept with the time of the first, and its service cluster looked at', () => {
    onAck(from(balancer, lb, NOW), ack(), context());
    onAck(from(balancer, lb, NOW + 1000), ack(), context());
    expect(balancer.applied.get('web')).toEqual({ uid: web.record.uid, epoch: 1, generation: 5, at: NOW });
    expect(dirty).toEqual(['web']);
    onAck(from(balancer, lb, NOW + 2000), ack({ generation: 6 }), context());
    expect(balancer.applied.get('web')).toMatchObject({ generation: 6, at: NOW + 2000 });
  });

  test.each([
    ['another session', () => [balancer, lb, ack({ session: 'b0' })] as const],
    ['an instance that is no load balancer', () => [instance, web, ack({ session: 's1' })] as const],
    ['an alias that there is not', () => [balancer, lb, ack({ alias: 'nothing' })] as const],
  ])('of %s counts for nothing', (_, make) => {
    const [source, cluster, payload] = make();
    onAck(from(source, cluster), payload, context());
    expect(source.applied.size).toBe(0);
    expect(dirty).toEqual([]);
  });
});

describe('an artifact report', () => {
  const artifact = (session: string, sequence: number, release?: string): ArtifactReport => ({
    v: 1,
    session,
    sequence,
    ...(release === undefined ? {} : { release }),
    slots: {},
  });

  test('says what runs', () => {
    onArtifact(from(instance, web), artifact('s1', 1, 'r2'), context());
    expect(instance.runningRelease).toBe('r2');
    expect(updates).toEqual([{ release: 'r2' }]);
    expect(dirty).toEqual(['web']);
    expect([instance.releaseAt(NOW - 1), instance.releaseAt(NOW)]).toEqual([null, 'r2']);
  });

  test('that is older than the last, or of an ended session, changes nothing', () => {
    instance.endedSessions = ['s0'];
    onArtifact(from(instance, web), artifact('s1', 5, 'r2'), context());
    onArtifact(from(instance, web), artifact('s1', 4, 'r1'), context());
    onArtifact(from(instance, web), artifact('s0', 9, 'r1'), context());
    expect(instance.runningRelease).toBe('r2');
  });
});
