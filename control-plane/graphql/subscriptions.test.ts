import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../test/support/eventually.ts';
import { RequestError } from '../app/errors.ts';
import { getNamedType } from 'graphql';
import { buildSchema } from './schema.ts';
import { everythingOf } from './testing/everything.ts';
import * as sample from './testing/records.ts';
import { serve, type Served } from './testing/serve.ts';
import { WebSockets } from './testing/websockets.ts';

let served: Served;
let sockets: WebSockets;
beforeEach(async () => {
  served = await serve();
  sockets = new WebSockets(served.webSocketUrl);
});
afterEach(async () => {
  await sockets.close();
  await served.close();
});

/** The next result, its data only. */
async function next(iterator: AsyncIterator<unknown>): Promise<unknown> {
  const { value, done } = (await iterator.next()) as { value: { data?: unknown; errors?: unknown }; done?: boolean };
  expect(done).not.toBe(true);
  expect(value.errors).toBeUndefined();
  return value.data;
}

const REF = '{ application: "shop-1", alias: "web" }';
const snapshot = () => ({
  cluster: sample.cluster(1),
  live: sample.clusterLive,
  instances: [{ record: sample.instance(2), live: sample.instanceLive }],
  rollout: sample.rollout(1),
});

describe('a subscription', () => {
  test('to a service cluster delivers the present state, then each change', async () => {
    const iterator = sockets.iterate(`subscription {
      serviceCluster(ref: ${REF}) {
        serviceCluster { alias wanted stableRelease { number } }
        live { active factors { forecast { predicted } } }
        instances { instance { uid state } live { loadAverage } }
        rollout { state toRelease { number } }
      }
    }`);
    served.useCases.clusterFeed.push(snapshot());
    expect(await next(iterator)).toEqual({
      serviceCluster: {
        serviceCluster: { alias: 'web', wanted: 3, stableRelease: { number: 1 } },
        live: { active: 2, factors: [{ forecast: { predicted: 40 } }] },
        instances: [{ instance: { uid: sample.instance(2).uid, state: 'ACTIVE' }, live: { loadAverage: 47.5 } }],
        rollout: { state: 'RUNNING', toRelease: { number: 2 } },
      },
    });
    served.useCases.clusterFeed.push({ ...snapshot(), cluster: { ...sample.cluster(1), wanted: 4 }, rollout: null });
    expect(await next(iterator)).toMatchObject({ serviceCluster: { serviceCluster: { wanted: 4 }, rollout: null } });
    expect(served.useCases.calls).toContainEqual({
      name: 'feeds.cluster',
      args: [expect.objectContaining({ application: 'shop-1', alias: 'web' })],
    });
  });

  test('looks up again for each of its events', async () => {
    const iterator = sockets.iterate(
      `subscription { serviceCluster(ref: ${REF}) { serviceCluster { stableRelease { number } } } }`,
    );
    for (let event = 0; event < 3; event += 1) {
      served.useCases.clusterFeed.push(snapshot());
      await next(iterator);
    }
    expect(served.useCases.calls.filter((call) => call.name === 'release')).toHaveLength(3);
  });

  test('to decisions begins after the one that is known', async () => {
    const iterator = sockets.iterate(
      `subscription ($after: ID) { decisions(ref: ${REF}, after: $after) { uid sentence } }`,
      {
        after: '01decision',
      },
    );
    served.useCases.decisionFeed.push(sample.decision(7));
    expect(await next(iterator)).toMatchObject({ decisions: { uid: sample.decision(7).uid } });
    expect(served.useCases.calls.at(-1)?.args[1]).toEqual({ after: '01decision' });
  });

  test('to events says where some are missing', async () => {
    const iterator = sockets.iterate(`subscription { events(after: 3, application: "shop-1") {
      __typename ... on Event { sequence type data subject { kind } } ... on Gap { after next }
    } }`);
    served.useCases.eventFeed.push({ kind: 'gap', after: 3, next: 9 }, { kind: 'item', item: sample.event(9) });
    expect(await next(iterator)).toEqual({ events: { __typename: 'Gap', after: 3, next: 9 } });
    expect(await next(iterator)).toEqual({
      events: {
        __typename: 'Event',
        sequence: 9,
        type: 'instance.faulty',
        data: { exitCode: 1 },
        subject: { kind: 'instance' },
      },
    });
    expect(served.useCases.calls.at(-1)?.args[0]).toEqual({ application: 'shop-1', after: 3 });
  });

  test('to logs says where some are missing', async () => {
    const iterator = sockets.iterate(`subscription { logs(ref: { application: "shop-1", alias: "web" }, after: 0) {
      __typename ... on LogLine { sequence text stream } ... on Gap { after next }
    } }`);
    served.useCases.logFeed.push(sample.logLine(1), sample.logGap(1, 4));
    expect(await next(iterator)).toEqual({
      logs: { __typename: 'LogLine', sequence: 1, text: 'line 1', stream: 'stdout' },
    });
    expect(await next(iterator)).toEqual({ logs: { __typename: 'Gap', after: 1, next: 5 } });
    expect(served.useCases.calls.at(-1)?.args).toEqual([
      { application: 'shop-1', alias: 'web' },
      { filter: { alias: 'web' }, after: 0 },
    ]);
  });

  test('to a search of logs tells how many lines are missing, and why', async () => {
    const iterator = sockets.iterate(`subscription {
      followLogs(ref: { application: "shop-1" }, filter: { text: "no", level: WARN }) {
        __typename ... on LogLine { sequence text level } ... on LogGap { after sequence ofAlias lines cause }
      } }`);
    served.useCases.logFeed.push(sample.logLine(1), sample.logGap(1, 4));
    expect(await next(iterator)).toMatchObject({ followLogs: { __typename: 'LogLine', sequence: 1, level: null } });
    const gap = { after: 1, sequence: 4, ofAlias: 'web', lines: 1234, cause: 'rate-limit' };
    expect(await next(iterator)).toEqual({ followLogs: { __typename: 'LogGap', ...gap } });
    expect(served.useCases.calls.at(-1)?.args[1]).toEqual({ filter: { text: 'no', level: 'warn' } });
  });

  test('to a build delivers its log, and ends with it', async () => {
    const iterator = sockets.iterate(
      `subscription { build(uid: "${sample.build(1).uid}") { lines build { state error { code } } } }`,
    );
    served.useCases.buildFeed.push({ build: { ...sample.build(1), state: 'running', error: null }, lines: ['npm ci'] });
    expect(await next(iterator)).toEqual({ build: { lines: ['npm ci'], build: { state: 'RUNNING', error: null } } });
    served.useCases.buildFeed.push({ build: sample.build(1), lines: [] });
    expect(await next(iterator)).toMatchObject({
      build: { build: { state: 'FAILED', error: { code: 'BUILD_FAILED' } } },
    });
    served.useCases.buildFeed.end();
    expect(await iterator.next()).toMatchObject({ done: true });
  });

  test('to host clusters delivers all of them, again after each change', async () => {
    const iterator = sockets.iterate('subscription { hostClusters { name status { state } } }');
    served.useCases.hostClustersFeed.push({ hostClusters: [sample.hostCluster] });
    expect(await next(iterator)).toEqual({ hostClusters: [{ name: 'frankfurt', status: { state: 'REACHABLE' } }] });
    served.useCases.hostClustersFeed.push({ hostClusters: [] });
    expect(await next(iterator)).toEqual({ hostClusters: [] });
  });

  test('to roll-outs delivers each change', async () => {
    const iterator = sockets.iterate(`subscription { rollout(ref: ${REF}) { state fromRelease { number } } }`);
    served.useCases.rolloutFeed.push({ ...sample.rollout(1), state: 'succeeded' });
    expect(await next(iterator)).toEqual({ rollout: { state: 'SUCCEEDED', fromRelease: { number: 1 } } });
  });

  test('to the overview tells all of it, each thing by its name', async () => {
    const type = getNamedType(buildSchema().getSubscriptionType()!.getFields().overview!.type);
    const iterator = sockets.iterate(
      `subscription { overview(application: "shop-1") ${everythingOf(type, 6).replaceAll('__typename', '')} }`,
    );
    served.useCases.overviewFeed.push(sample.overviewItem);
    const { overview } = (await next(iterator)) as { overview: Record<string, unknown> };
    expect(overview).toMatchObject({
      at: sample.AT_TEXT,
      isWhole: true,
      removed: sample.overviewItem.removed,
      changed: [
        {
          ...{ applicationName: 'shop-1', category: 'FRAMEWORK', state: 'SCALING_UP', frozen: true },
          override: { kind: 'FLOOR', expiresAt: '2026-03-01T13:00:00.250Z' },
          rollout: { state: 'RUNNING', from: 1, to: 2 },
          attention: [{ code: 'paused', severity: 'WARNING' }],
          instances: [{ state: 'ACTIVE', hostClusterState: 'REACHABLE', draining: { purpose: 'SWITCH' } }],
        },
      ],
      applications: [{ name: 'shop-1', blocked: { code: 'CARTRIDGE_MISSING' } }],
      recent: [{ from: sample.AT_TEXT, observed: [null, 95] }],
    });
    expect(JSON.stringify(overview)).not.toContain('undefined');
    expect(served.useCases.calls.at(-1)).toEqual({ name: 'feeds.overview', args: [{ application: 'shop-1' }] });
  });

  test('that its subscriber ends lets go of the feed, though nothing comes any more', async () => {
    const iterator = sockets.iterate('subscription { events { __typename } }');
    const waiting = iterator.next();
    await eventually('the feed is read', () => served.useCases.eventFeed.readers === 1);
    await iterator.return?.();
    await waiting;
    await eventually('the feed is let go', () => served.useCases.eventFeed.readers === 0);
  });

  test('lets go of the feed when its connection breaks', async () => {
    const connection = await sockets.accepted();
    connection.send({ id: '1', type: 'subscribe', payload: { query: 'subscription { events { __typename } }' } });
    await eventually('the feed is read', () => served.useCases.eventFeed.readers === 1);
    connection.socket.terminate();
    await eventually('the feed is let go', () => served.useCases.eventFeed.readers === 0);
  });

  test('whose feed fails as foreseen is told why, with the code', async () => {
    const iterator = sockets.iterate('subscription { events { __typename } }');
    served.useCases.eventFeed.fail(new RequestError('NOT_FOUND', 'there is no such thing', { field: 'tenant' }));
    await expect(iterator.next()).rejects.toMatchObject([
      { message: 'there is no such thing', extensions: { code: 'NOT_FOUND', field: 'tenant' } },
    ]);
  });

  test('whose feed cannot be opened is told why, with the code', async () => {
    served.useCases.failures.set('feeds.events', new RequestError('FORBIDDEN', 'not yours'));
    const result = await sockets.iterate('subscription { events { __typename } }').next();
    expect(result.value).toMatchObject({ errors: [{ message: 'not yours', extensions: { code: 'FORBIDDEN' } }] });
  });

  test('whose feed fails unexpectedly is told nothing but an id', async () => {
    const iterator = sockets.iterate('subscription { events { __typename } }');
    served.useCases.eventFeed.fail(new Error('SQLITE_CORRUPT'));
    await expect(iterator.next()).rejects.toMatchObject([{ extensions: { code: 'INTERNAL' } }]);
    expect(served.log).toMatchObject([{ level: 50, err: { message: 'SQLITE_CORRUPT' } }]);
  });
});
