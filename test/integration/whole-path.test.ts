/** The whole way: from a commit to an instance that serves, and what happens when things go wrong on it. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { CRASHING, Repository, WORKING } from '../support/repository.ts';
import { shopFrom } from '../support/shop.ts';
import { signalIfThere } from '../support/signal.ts';
import { getText, steadyLoad, type SteadyLoad } from '../support/steady-load.ts';

jest.setTimeout(120_000);
const LIMIT = 60_000;
const REF = { application: 'shop', alias: 'web' };

interface Seen {
  readonly wanted: number;
  readonly instances: {
    readonly edges: readonly {
      readonly node: {
        uid: string;
        state: string;
        activeAt: string | null;
        release: { number: number } | null;
        reason: { code: string; message: string } | null;
      };
    }[];
  };
  readonly rollouts: {
    readonly edges: readonly {
      readonly node: {
        state: string;
        reason: { code: string; message: string } | null;
        toRelease: { number: number } | null;
      };
    }[];
  };
}

let platform: Platform;
let repository: Repository;
let url: string;

async function look(): Promise<{
  wanted: number;
  instances: Seen['instances']['edges'][number]['node'][];
  rollouts: Seen['rollouts']['edges'][number]['node'][];
}> {
  const { serviceCluster } = await platform.ask<{ serviceCluster: Seen }>(
    `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) { wanted
      instances(first: 50) { edges { node { uid state activeAt release { number } reason { code message } } } }
      rollouts(last: 20) { edges { node { state reason { code message } toRelease { number } } } } } }`,
    { ref: REF },
  );
  return {
    wanted: serviceCluster.wanted,
    instances: serviceCluster.instances.edges.map(({ node }) => node),
    rollouts: serviceCluster.rollouts.edges.map(({ node }) => node),
  };
}

async function active(): Promise<string[]> {
  return (await look()).instances.filter(({ state }) => state === 'ACTIVE').map(({ uid }) => uid);
}

const get = (): Promise<string> => getText(url);
const load = (): SteadyLoad => steadyLoad(url);

async function scale(kind: 'PIN' | 'FLOOR', instances: number): Promise<void> {
  const { scale: payload } = await platform.ask<{ scale: { userErrors: { message: string }[] } }>(
    'mutation ($input: ScaleInput!) { scale(input: $input) { userErrors { message } } }',
    {
      input: { ref: REF, kind, instances, reason: 'a test' },
    },
  );
  expect(payload.userErrors).toEqual([]);
}

beforeAll(async () => {
  platform = await Platform.start();
  repository = await Repository.create(join(platform.repositories, 'shop'), WORKING('one'));
  await platform.apply(shopFrom(repository.url));
  const { application } = await eventually(
    'the application has a URL',
    async () => {
      const answer = await platform.ask<{ application: { url: string | null } | null }>(
        '{ application(name: "shop") { url } }',
      );
      return (answer.application?.url ?? null) === null ? undefined : (answer as { application: { url: string } });
    },
    LIMIT,
  );
  url = application.url;
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

describe('an application from Git', () => {
  test('is built, started and served through the load balancer', async () => {
    expect(await eventually('the first version serves', get, LIMIT)).toBe('one');
  });

  test('takes a manual number of instances, with a sentence that says why', async () => {
    await scale('PIN', 3);
    await eventually('three instances are active', async () => (await active()).length === 3, LIMIT);
    const { serviceCluster } = await platform.ask<{
      serviceCluster: { decisions: { edges: { node: { uid: string; sentence: string } }[] } };
    }>(
      `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) { decisions(last: 5, actionsOnly: true) { edges { node { uid sentence } } } } }`,
      { ref: REF },
    );
    const decision = serviceCluster.decisions.edges.at(-1)?.node;
    expect(decision?.sentence).toContain('a test');
    const { replayDecision } = await platform.ask<{ replayDecision: { same: boolean; sentence: string } }>(
      'query ($uid: ID!) { replayDecision(uid: $uid) { same sentence } }',
      { uid: decision?.uid },
    );
    expect(replayDecision).toEqual({ same: true, sentence: decision?.sentence });
  });

  test('rolls a new commit out under load without one failed request', async () => {
    const requests = load();
    await repository.commit(WORKING('two'), 'second');
    await eventually(
      'every instance runs release 2',
      async () => {
        const { instances, rollouts } = await look();
        return (
          rollouts.at(-1)?.toRelease?.number === 2 &&
          rollouts.at(-1)?.state === 'SUCCEEDED' &&
          instances.every(({ state, release }) => state !== 'ACTIVE' || release?.number === 2)
        );
      },
      LIMIT,
    );
    const { sent, failed } = await requests.stop();
    expect(failed).toEqual([]);
    expect(sent).toBeGreaterThan(20);
    expect(await get()).toBe('two');
  });

  test('returns by itself from a commit that crashes, without one failed request', async () => {
    const requests = load();
    await repository.commit(CRASHING, 'third');
    const returned = await eventually(
      'the roll-out returns',
      async () =>
        (await look()).rollouts.find(({ state, toRelease }) => state === 'RETURNED' && toRelease?.number === 3),
      LIMIT,
    );
    expect(returned.reason?.message).toContain('cannot find the till');
    await eventually('all instances are well again', async () => (await active()).length === 3, LIMIT);
    const { failed } = await requests.stop();
    expect(failed).toEqual([]);
    expect(await get()).toBe('two');
  });

  test('goes back to an older release when asked to', async () => {
    const { rollback } = await platform.ask<{ rollback: { userErrors: { message: string }[] } }>(
      'mutation ($input: RollbackInput!) { rollback(input: $input) { userErrors { message } } }',
      { input: { ref: REF, releaseNumber: 1 } },
    );
    expect(rollback.userErrors).toEqual([]);
    await eventually(
      'release 1 serves again',
      async () => (await look()).rollouts.at(-1)?.state === 'SUCCEEDED' && (await get()) === 'one',
      LIMIT,
    );
  });

  test('survives a control plane killed with SIGKILL: requests go on, instances are adopted', async () => {
    const before = await active();
    const processes = await platform.agentsAndApplications();
    const requests = load();
    await platform.end('SIGKILL');
    await eventually('requests go on without it', get);
    await platform.run();
    await eventually('every instance is adopted', async () => (await active()).length === before.length, LIMIT);
    const { failed } = await requests.stop();
    expect(failed).toEqual([]);
    expect((await active()).toSorted()).toEqual(before.toSorted());
    expect(await platform.agentsAndApplications()).toEqual(expect.arrayContaining(processes));
  });

  test('replaces an instance that the machine has killed', async () => {
    const before = await active();
    const victim = before[0]!;
    for (const pid of await platform.instanceProcesses()) {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (line.includes(victim)) signalIfThere(pid, 'SIGKILL');
    }
    await eventually(
      'another one serves in its place',
      async () => {
        const now = await active();
        return now.length === before.length && !now.includes(victim);
      },
      LIMIT,
    );
    expect(await get()).toBe('one');
  });

  test('leaves nothing when it is deleted', async () => {
    await platform.ask('mutation { deleteApplication(input: { name: "shop" }) { userErrors { message } } }');
    await eventually(
      'the application is gone',
      async () =>
        (await platform.ask<{ application: unknown }>('{ application(name: "shop") { uid } }')).application === null,
      LIMIT,
    );
    await eventually('no process of it is left', async () => (await platform.instanceProcesses()).length === 0, LIMIT);
  });
});
