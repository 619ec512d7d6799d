import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { entryOf } from '../../clusters/testing/entry.ts';
import type { TopologyInstanceFragment } from '../../generated/operations.ts';
import { layTopology, sentBy, type Entry } from './topology.ts';

const instanceOf = (given: Partial<TopologyInstanceFragment> = {}): TopologyInstanceFragment => ({
  uid: '01JA',
  name: null,
  state: 'ACTIVE',
  unreachable: false,
  draining: null,
  reason: null,
  release: 1,
  hostCluster: 'local',
  partition: 'default',
  hostClusterState: 'REACHABLE',
  node: null,
  requestsInFlight: null,
  balancers: [],
  loadAverage: null,
  memory: null,
  sampleAgeSeconds: 0,
  ...given,
});
const entry = (
  alias: string,
  instances: readonly TopologyInstanceFragment[] = [],
  given: Partial<Entry> = {},
): Entry => ({
  ...entryOf({ uid: alias, alias }),
  instances,
  ...given,
});
const balancer = entry('load-balancer', [instanceOf({ uid: 'B' })], { category: 'LOAD_BALANCER' });
const manifest = (...aliases: readonly string[]): object => ({
  spec: { components: aliases.map((alias) => ({ kind: 'cartridge', alias })) },
});

describe('the picture of an application', () => {
  test('has the load balancer first, then the manifest’s order, then what it names no more', () => {
    const { lanes } = layTopology([entry('old'), entry('api'), entry('web'), balancer], manifest('web', 'api'));
    expect(lanes.map((lane) => lane.entry.alias)).toEqual(['load-balancer', 'web', 'api', 'old']);
  });

  test('has a column for each partition, and a last one for what has no place yet', () => {
    const web = entry('web', [
      instanceOf({ uid: '1', hostCluster: null, partition: null, hostClusterState: null }),
      instanceOf({ uid: '2', hostCluster: 'paris', partition: 'b', hostClusterState: 'UNREACHABLE' }),
      instanceOf({ uid: '3', hostCluster: 'paris', partition: 'a' }),
    ]);
    const { places, lanes } = layTopology([web], manifest('web'));
    expect(places.map(({ hostCluster, partition, answers }) => [hostCluster, partition, answers])).toEqual([
      ['paris', 'a', true],
      ['paris', 'b', false],
      [null, '', null],
    ]);
    expect(lanes[0]!.cells.map((cell) => cell.map(({ uid }) => uid))).toEqual([['3'], ['2'], ['1']]);
  });

  test('leads from the load balancer to what it was seen to send requests to, and to what has routes', () => {
    const served = entry('web', [instanceOf({ balancers: [{ balancer: 'B', requestsInFlight: 0 }] })]);
    const routed = { kind: 'cartridge', alias: 'api', routes: [{ path: '/api' }] };
    const { links } = layTopology([balancer, served, entry('api'), entry('worker')], {
      spec: { components: [{ kind: 'cartridge', alias: 'web' }, routed, { kind: 'cartridge', alias: 'worker' }] },
    });
    expect(links).toEqual([
      { kind: 'requests', from: 0, to: 1 },
      { kind: 'requests', from: 0, to: 2 },
    ]);
  });

  test('leads from what starts first to what waits for it', () => {
    const { links } = layTopology([entry('db'), entry('web')], {
      spec: { ...(manifest('db', 'web') as { spec: object }).spec, startupOrder: [['db', 'web', 'gone']] },
    });
    expect(links).toEqual([{ kind: 'starts-after', from: 0, to: 1 }]);
  });

  test('shows every instance once, whatever runs where', () => {
    const place = fc.constantFrom('local', 'paris', null);
    const some = fc.array(fc.record({ hostCluster: place, partition: fc.constantFrom('a', 'b') }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 5 }), (all) => {
        const entries = all.map((instances, lane) =>
          entry(
            `c${lane}`,
            instances.map((given, index) => instanceOf({ ...given, uid: `${lane}-${index}` })),
          ),
        );
        const { lanes, places } = layTopology(entries, manifest('c1', 'c0'));
        expect(new Set(places.map(({ key }) => key)).size).toBe(places.length);
        for (const { cells, entry: of } of lanes)
          expect(
            cells
              .flat()
              .map(({ uid }) => uid)
              .sort(),
          ).toEqual(of.instances!.map(({ uid }) => uid).sort());
      }),
    );
  });
});

test('a load balancer has sent what it has in flight at all instances together', () => {
  const share = (requestsInFlight: number) => [{ balancer: 'B', requestsInFlight }];
  const web = entry('web', [
    instanceOf({ uid: '1', balancers: share(3) }),
    instanceOf({ uid: '2', balancers: share(1.5) }),
  ]);
  expect(sentBy(layTopology([balancer, web], null).lanes)).toEqual(new Map([['B', 4.5]]));
});
