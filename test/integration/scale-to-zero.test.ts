/** An application that nobody asks for has no instance; the first request starts one and is answered by it. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { Repository, WORKING } from '../support/repository.ts';

jest.setTimeout(240_000);
const LIMIT = 90_000;

interface Seen {
  readonly wanted: number;
  readonly instances: { readonly edges: readonly { readonly node: { state: string } }[] };
  readonly decisions: { readonly edges: readonly { readonly node: { from: number; to: number } }[] };
}

let platform: Platform;
let url: string;
let repository: Repository;
beforeAll(async () => {
  platform = await Platform.start();
  repository = await Repository.create(join(platform.repositories, 'quiet'), WORKING('awake'));
  await platform.apply({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'quiet' },
    spec: {
      components: [
        {
          ...{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs' },
          source: { git: { url: repository.url, branch: 'main' } },
          autoscaling: {
            ...{ minimum: 0, maximum: 2, windowSeconds: 10, idleSeconds: 4 },
            scaleDown: { regretSeconds: 1 },
          },
        },
      ],
    },
  });
  const answer = await eventually(
    'the application has a URL',
    async () => {
      const { application } = await platform.ask<{ application: { url: string | null } | null }>(
        '{ application(name: "quiet") { url } }',
      );
      return application?.url ?? undefined;
    },
    LIMIT,
  );
  url = answer;
});
afterAll(() => platform[Symbol.asyncDispose]());

async function look(): Promise<Seen> {
  const { serviceCluster } = await platform.ask<{ serviceCluster: Seen }>(
    `{ serviceCluster(ref: { application: "quiet", alias: "web" }) { wanted
      instances(first: 50) { edges { node { state } } }
      decisions(last: 10, actionsOnly: true) { edges { node { from to } } } } }`,
  );
  return serviceCluster;
}
const nothingRuns = async (): Promise<boolean> => {
  const { wanted, instances } = await look();
  return wanted === 0 && instances.edges.every(({ node }) => node.state === 'TERMINATED');
};
async function request(): Promise<{ status: number; body: string }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  return { status: response.status, body: await response.text() };
}

test('from one to zero when nobody asks, and back with each first request, none of which fails', async () => {
  // The first release serves once before anything can be idle.
  await eventually('the first release to serve', async () => (await request()).status === 200, LIMIT);
  for (const round of [1, 2]) {
    await eventually(`nothing to run (${round})`, nothingRuns, LIMIT);
    const answers = await Promise.all(Array.from({ length: 5 }, request));
    expect(answers).toEqual(answers.map(() => ({ status: 200, body: 'awake' })));
    const { wanted, decisions } = await look();
    expect(wanted).toBeGreaterThan(0);
    expect(decisions.edges.map(({ node }) => node.from)).toContain(0);
  }
  await eventually('nothing to run at last', nothingRuns, LIMIT);
  const { serviceCluster } = await platform.ask<{ serviceCluster: { live: { queued: number } } }>(
    '{ serviceCluster(ref: { application: "quiet", alias: "web" }) { live { queued } } }',
  );
  expect(serviceCluster.live.queued).toBe(0);
});

test('a commit at zero is tried by one instance, which ends again, and the next request meets it', async () => {
  await eventually('nothing to run', nothingRuns, LIMIT);
  await repository.commit(WORKING('renewed'), 'while nothing runs');
  await eventually(
    'the roll-out to succeed without a request',
    async () => {
      const { serviceCluster } = await platform.ask<{
        serviceCluster: {
          rollouts: { edges: readonly { node: { state: string; toRelease: { number: number } | null } }[] };
        };
      }>(
        '{ serviceCluster(ref: { application: "quiet", alias: "web" }) { rollouts(last: 1) { edges { node { state toRelease { number } } } } } }',
      );
      const last = serviceCluster.rollouts.edges.at(-1)?.node;
      return last?.toRelease?.number === 2 && last.state === 'SUCCEEDED';
    },
    LIMIT,
  );
  await eventually('the instance to end', nothingRuns, LIMIT);
  expect(await request()).toEqual({ status: 200, body: 'renewed' });
});
