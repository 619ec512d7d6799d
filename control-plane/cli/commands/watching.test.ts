import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RequestError } from '../../app/errors.ts';
import type { InstanceRecord } from '../../app/records/instances.ts';
import type { InstanceLive } from '../../app/use-cases.ts';
import * as sample from '../../graphql/testing/records.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run, start, type Running } from '../testing/run.ts';

const NOW = sample.AT + 300_000;
let controlPlane: TestControlPlane;
let env: Record<string, string>;
let running: Running | undefined;
let sequence: number;

beforeEach(async () => {
  controlPlane = await startControlPlane();
  env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token' };
  sequence = 10;
});
afterEach(async () => {
  running?.interrupt();
  await running?.ended;
  running = undefined;
  await controlPlane.close();
});

const watch = (line: string): Running => (running = start(line.split(' '), { env, now: NOW }));
const lines = (of: Running): string[] => of.stdout().split('\n').slice(0, -1);
const json = (of: Running): unknown[] => lines(of).map((line) => JSON.parse(line) as unknown);

/** Something has happened. */
async function happens(): Promise<void> {
  const { eventFeed } = controlPlane.useCases;
  await eventually('a reader of the events', () => eventFeed.readers > 0);
  sequence += 1;
  eventFeed.push({ kind: 'item', item: sample.event(sequence) });
}

describe('a list without a feed of its own', () => {
  beforeEach(() => {
    let generation = 0;
    controlPlane.useCases.queries.policies = () => {
      generation += 1;
      return Promise.resolve([
        { ...sample.policy, generation: Math.max(1, generation - 1) },
        ...(generation < 4 ? [{ ...sample.policy, uid: '01policy99999999', name: 'eager' }] : []),
      ]);
    };
  });

  test('is asked for again after each event, from the one that was the newest before it was first asked for', async () => {
    const watching = watch('get policies -w -o json');
    await eventually('the first list', () => lines(watching).length === 2);
    expect(json(watching)).toMatchObject([{ name: 'calm', generation: 1 }, { name: 'eager' }]);
    await happens();
    expect(controlPlane.calls('feeds.events')).toMatchObject([[{ after: 10 }]]);
    // As before: nothing is written.
    await eventually('the second look', () => controlPlane.useCases.eventFeed.pulls >= 2);
    await happens();
    await eventually('the change', () => lines(watching).length === 3);
    expect(json(watching).at(-1)).toMatchObject({ name: 'calm', generation: 2 });
    await happens();
    await eventually('what went', () => lines(watching).length === 5);
    expect(json(watching).slice(3)).toMatchObject([{ name: 'calm', generation: 3 }, { gone: { name: 'eager' } }]);
    watching.interrupt();
    expect(await watching.ended).toMatchObject({ code: 130, stderr: '' });
  });

  test('is a table that grows by the rows that are another', async () => {
    const watching = watch('get policies -w');
    await eventually('the first list', () => lines(watching).length === 3);
    await happens();
    await happens();
    await eventually('the change', () => lines(watching).length === 4);
    await happens();
    await eventually('what went', () => lines(watching).length === 6);
    expect(lines(watching).map((line) => line.replace(/ {2,}/g, '|'))).toEqual([
      'NAME|KIND|GENERATION|CHANGED',
      'calm|AutoscalingPolicy|1|5 min ago',
      'eager|AutoscalingPolicy|3|5 min ago',
      'calm|AutoscalingPolicy|2|5 min ago',
      'calm|AutoscalingPolicy|3|5 min ago',
      'gone: eager|AutoscalingPolicy|3|5 min ago',
    ]);
  });
});

test('a connection that breaks is taken up again, and what was asked for meanwhile is asked for again', async () => {
  const watching = watch('get policies -w -o json');
  await eventually('the first list', () => lines(watching).length === 1);
  await eventually('a reader of the events', () => controlPlane.useCases.eventFeed.readers === 1);
  const { useCases, port } = controlPlane;
  await controlPlane.close();
  await eventually('that it is said', () => watching.stderr().includes('trying again'));
  useCases.queries.policies = () => Promise.resolve([{ ...sample.policy, generation: 7 }]);
  controlPlane = await startControlPlane(useCases, port);
  await happens();
  await eventually('the change', () => lines(watching).length === 2);
  expect(json(watching).at(-1)).toMatchObject({ generation: 7 });
});

test('one that is named is followed until it is not there any more: exit 4', async () => {
  const { queries } = controlPlane.useCases;
  const watching = watch('get policy calm -w -o json');
  await eventually('it', () => lines(watching).length === 1);
  queries.policies = () => Promise.resolve([]);
  await happens();
  expect(await watching.ended).toMatchObject({
    code: 4,
    stderr: 'error: there is no "calm" among the policies\n',
  });
});

test('several that are named are followed together', async () => {
  const { queries } = controlPlane.useCases;
  const eager = { ...sample.policy, uid: '01policy99999999', name: 'eager' };
  queries.policies = () => Promise.resolve([sample.policy, eager]);
  const watching = watch('get policy calm eager -w -o json');
  await eventually('both', () => lines(watching).length === 2);
  queries.policies = () => Promise.resolve([sample.policy, { ...eager, generation: 9 }]);
  await happens();
  await eventually('the change', () => lines(watching).length === 3);
  expect(json(watching)).toMatchObject([{ name: 'calm' }, { name: 'eager' }, { name: 'eager', generation: 9 }]);
});

test('a list of what has no uid, too, is followed by its changes', async () => {
  const { queries } = controlPlane.useCases;
  const other = { ...sample.tenant, uid: '01tenant00000002', name: 'other' };
  queries.tenants = () => Promise.resolve([sample.tenant, other]);
  const watching = watch('get quotas -w -o json');
  await eventually('both', () => lines(watching).length === 2);
  queries.tenants = () => Promise.resolve([sample.tenant]);
  await happens();
  await eventually('what went', () => lines(watching).length === 3);
  expect(json(watching)).toMatchObject([{ tenant: 'acme' }, { tenant: 'other' }, { gone: { tenant: 'other' } }]);
});

test('what was refused ends it', async () => {
  controlPlane.useCases.failures.set('policies', new RequestError('FORBIDDEN', 'not for you'));
  expect(await run(['get', 'policies', '-w'], { env })).toEqual({
    code: 3,
    stdout: '',
    stderr: 'error: not for you\n',
  });
});

describe('instances are followed over the feeds of their service clusters', () => {
  const push = async (record: Partial<InstanceRecord>, live: Partial<InstanceLive> = {}): Promise<void> => {
    const { clusterFeed, queries } = controlPlane.useCases;
    await eventually('a reader of the service cluster', () => clusterFeed.readers === 1);
    queries.instanceLive = () => ({ ...sample.instanceLive, ...live });
    clusterFeed.push({
      cluster: sample.cluster(1),
      live: sample.clusterLive,
      rollout: null,
      instances: [{ record: { ...sample.instance(1), ...record }, live: sample.instanceLive }],
    });
  };

  test('an instance is written when it is another, and not when only its sample grew older', async () => {
    const watching = watch('get instances -a shop-1/web -w -o json');
    await push({ state: 'starting' }, { sampleAgeSeconds: 1 });
    await eventually('the instance', () => lines(watching).length === 1);
    await push({ state: 'starting' }, { sampleAgeSeconds: 2 });
    await push({ state: 'active' }, { sampleAgeSeconds: 3 });
    await eventually('the change', () => lines(watching).length === 2);
    expect(json(watching)).toMatchObject([{ state: 'STARTING' }, { state: 'ACTIVE', live: { sampleAgeSeconds: 3 } }]);
    expect(controlPlane.calls('feeds.cluster')).toMatchObject([[{ application: 'shop-1', alias: 'web' }]]);
    expect(controlPlane.calls('instances')).toEqual([]);
  });

  test('with those that have ended they are asked for', async () => {
    const watching = watch('get instances -a shop-1/web --all -w -o json');
    await eventually('the instances', () => lines(watching).length === 3);
    expect(controlPlane.calls('feeds.cluster')).toEqual([]);
  });

  test('a service cluster that came is followed with the others, and one that went is not', async () => {
    const { queries, clusterFeed } = controlPlane.useCases;
    const web = sample.cluster(1);
    queries.clusters = () => Promise.resolve([web]);
    watch('get clusters -a shop-1 -w -o json');
    await eventually('a reader', () => clusterFeed.readers === 1);
    queries.clusters = () => Promise.resolve([web, { ...web, alias: 'api', uid: '01cluster00000042' }]);
    await happens();
    await eventually('two readers', () => clusterFeed.readers === 2);
    queries.clusters = () => Promise.resolve([web]);
    await happens();
    await eventually('one reader', () => clusterFeed.readers === 1);
  });
});

describe('describe', () => {
  test('writes all of it again when it has changed', async () => {
    const { queries } = controlPlane.useCases;
    const watching = watch('describe policy calm -w');
    await eventually('it', () => /Generation: +3\n/.test(watching.stdout()));
    queries.policies = () => Promise.resolve([{ ...sample.policy, generation: 5 }]);
    await happens();
    await eventually('the change', () => /Generation: +5\n/.test(watching.stdout()));
    expect(watching.stdout()).toContain('\n\nUid:');
  });

  test('writes several as one list', async () => {
    const watching = watch('describe policy/calm cartridge/nodejs -w -o json');
    await eventually('both', () => lines(watching).length === 1);
    expect(json(watching)).toMatchObject([[{ name: 'calm' }, { name: 'nodejs' }]]);
  });

  test('follows the figures of a service cluster', async () => {
    const { clusterFeed, queries } = controlPlane.useCases;
    const watching = watch('describe cluster shop-1/web -w -o json');
    await eventually('it', () => lines(watching).length === 1);
    await eventually('a reader of the service cluster', () => clusterFeed.readers === 1);
    queries.clusterLive = () => ({ ...sample.clusterLive, active: 3, at: sample.AT + 1000 });
    clusterFeed.push({ cluster: sample.cluster(1), live: sample.clusterLive, rollout: null, instances: [] });
    await eventually('the change', () => lines(watching).length === 2);
    expect(json(watching)).toMatchObject([{ live: { active: 2 } }, { live: { active: 3 } }]);
  });
});

test('on a terminal the list changes in place, cut to its width', async () => {
  const watching = start(['get', 'policies', '-w'], { env, now: NOW, isTerminal: true, columns: 30, rows: 4 });
  running = watching;
  await eventually('the list', () => watching.stdout().includes('calm'));
  expect(watching.stdout()).toContain('NAME  KIND               GENE…');
  controlPlane.useCases.queries.policies = () =>
    Promise.resolve([1, 2, 3, 4].map((number) => ({ ...sample.policy, name: `calm-${number}`, uid: `01${number}` })));
  await happens();
  await eventually('the change', () => watching.stdout().includes('calm-1'));
  expect(watching.stdout()).toContain('… 3 more lines');
  expect(watching.stdout()).not.toContain('calm-2');
});

test('a list in place is cut by the columns that its characters take', async () => {
  controlPlane.useCases.queries.policies = () => Promise.resolve([{ ...sample.policy, name: '方針方針方針方針方針' }]);
  const watching = start(['get', 'policies', '-w'], { env, now: NOW, isTerminal: true, columns: 17, rows: 4 });
  running = watching;
  await eventually('the list', () => watching.stdout().includes('方針'));
  expect(watching.stdout()).toContain('方針方針方針方針…');
  expect(watching.stdout()).not.toContain('方針方針方針方針方');
});
