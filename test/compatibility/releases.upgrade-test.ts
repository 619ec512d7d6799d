/**
 * Releases side by side. An upgrade leaves every agent and load balancer of the release before running: this control plane
 * takes them over, with the data folder. And this agent understands the control plane of the release before.
 */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { keptReleases, unpackRelease, withPresentAgent } from '../support/program.ts';
import { Repository, WORKING } from '../support/repository.ts';
import { getText, steadyLoad } from '../support/steady-load.ts';

jest.setTimeout(180_000);
const LIMIT = 60_000;
const REF = { application: 'shop', alias: 'web' };
const RELEASES = await keptReleases();

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

interface Cluster {
  readonly live: { readonly factors: readonly { readonly name: string; readonly observed: number | null }[] };
  readonly instances: {
    readonly edges: readonly { readonly node: { uid: string; state: string; release: { number: number } | null } }[];
  };
  readonly rollouts: {
    readonly edges: readonly { readonly node: { state: string; toRelease: { number: number } | null } }[];
  };
}

/** An application from Git on a platform, with what a test asks of it. Only fields that every release has are asked for. */
class Shop {
  readonly platform: Platform;
  readonly repository: Repository;

  private constructor(platform: Platform, repository: Repository) {
    this.platform = platform;
    this.repository = repository;
  }

  static async deploy(platform: Platform): Promise<Shop> {
    const repository = await Repository.create(join(platform.repositories, 'shop'), WORKING('one'));
    const component = {
      kind: 'cartridge',
      alias: 'web',
      cartridge: 'nodejs',
      source: { git: { url: repository.url } },
    };
    await platform.apply({
      apiVersion: 'cartwright.dev/v1',
      kind: 'Application',
      metadata: { name: 'shop' },
      spec: { components: [component] },
    });
    const shop = new Shop(platform, repository);
    await eventually('the first release serves', async () => (await getText(await shop.url())) === 'one', LIMIT);
    return shop;
  }

  async url(): Promise<string> {
    const answer = await this.platform.ask<{ application: { url: string | null } }>(
      '{ application(name: "shop") { url } }',
    );
    if (answer.application.url === null) throw new Error('it has no URL yet');
    return answer.application.url;
  }

  async look(): Promise<Cluster> {
    const { serviceCluster } = await this.platform.ask<{ serviceCluster: Cluster }>(
      `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) { live { factors { name observed } }
        instances(first: 50) { edges { node { uid state release { number } } } }
        rollouts(last: 20) { edges { node { state toRelease { number } } } } } }`,
      { ref: REF },
    );
    return serviceCluster;
  }

  async active(): Promise<string[]> {
    const { instances } = await this.look();
    return instances.edges.filter(({ node }) => node.state === 'ACTIVE').map(({ node }) => node.uid);
  }

  async scaleTo(instances: number): Promise<void> {
    const { scale } = await this.platform.ask<{ scale: { userErrors: unknown[] } }>(
      'mutation ($input: ScaleInput!) { scale(input: $input) { userErrors { message } } }',
      { input: { ref: REF, kind: 'PIN', instances, reason: 'releases side by side' } },
    );
    expect(scale.userErrors).toEqual([]);
    await eventually(`${instances} are active`, async () => (await this.active()).length === instances, LIMIT);
  }

  /** Commits a new version under load and sees it serve everywhere, without one failed request. */
  async update(version: string, release: number): Promise<void> {
    const load = steadyLoad(await this.url());
    await this.repository.commit(WORKING(version), version);
    await eventually(
      `release ${release} runs everywhere`,
      async () => {
        const { rollouts, instances } = await this.look();
        const last = rollouts.edges.at(-1)?.node;
        return (
          last?.toRelease?.number === release &&
          last.state === 'SUCCEEDED' &&
          instances.edges.every(({ node }) => node.state !== 'ACTIVE' || node.release?.number === release)
        );
      },
      LIMIT,
    );
    expect((await load.stop()).failed).toEqual([]);
    expect(await getText(await this.url())).toBe(version);
  }

  /** Measured demand reaches the decider: agents' and load balancers' reports are understood. */
  async seesItsLoad(): Promise<void> {
    const load = steadyLoad(await this.url());
    await eventually(
      'demand of the load balancer and of the agents is observed',
      async () => {
        const { factors } = (await this.look()).live;
        const observed = (name: string) => factors.find((factor) => factor.name === name)?.observed ?? 0;
        return observed('requestsInFlight') > 0.5 && observed('loadAverage') > 0;
      },
      LIMIT,
    );
    expect((await load.stop()).failed).toEqual([]);
  }

  async hasNewTokens(): Promise<boolean> {
    const { instanceTokens } = await this.platform.ask<{ instanceTokens: { current: number; pending: unknown[] } }>(
      '{ instanceTokens { current pending { instance } } }',
    );
    return instanceTokens.current > 0 && instanceTokens.pending.length === 0;
  }

  async delete(): Promise<void> {
    await this.platform.ask('mutation { deleteApplication(input: { name: "shop" }) { userErrors { message } } }');
    await eventually('nothing is left', async () => (await this.platform.instanceProcesses()).length === 0, LIMIT);
  }

  /** How many agents run from this folder. */
  async agentsOf(program: string): Promise<number> {
    const pids = await this.platform.instanceProcesses();
    const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
    return lines.filter((line) => line.includes(join(program, 'dist/agent/agent.mjs'))).length;
  }
}

async function unpacked(version: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cartwright-release-'));
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return unpackRelease(version, join(folder, 'package'));
}

test('there is a release to be compatible with', () => {
  expect(RELEASES).toContain('0.1.0');
});

test.each(RELEASES)('what release %s runs goes on under this control plane, agents and all', async (version) => {
  const former = await unpacked(version);
  const platform = stack.use(await Platform.start({ CARTWRIGHT_TOKEN_GRACE_SECONDS: '10' }, former));
  const shop = await Shop.deploy(platform);
  await shop.scaleTo(2);
  const before = await shop.active();
  const processes = await platform.agentsAndApplications();

  const load = steadyLoad(await shop.url());
  await platform.end('SIGTERM');
  await platform.run();
  await eventually('every instance is adopted', async () => (await shop.active()).length === 2, LIMIT);
  expect((await load.stop()).failed).toEqual([]);
  expect((await shop.active()).toSorted()).toEqual(before.toSorted());
  expect(await platform.agentsAndApplications()).toEqual(expect.arrayContaining(processes));

  // Its tokens are random, or of an older key: each agent is handed another one, and reads it as its session is ended.
  await eventually('the tokens of before count no more', () => shop.hasNewTokens(), LIMIT);
  expect((await shop.active()).toSorted()).toEqual(before.toSorted());
  await shop.seesItsLoad();
  // Two of the former release and its load balancer, and a new one beside them.
  await shop.scaleTo(3);
  expect(await shop.agentsOf(former)).toBe(3);
  await shop.update('two', 2);
  await shop.scaleTo(1);
  await shop.delete();
});

test.each(RELEASES)('this agent serves under the control plane of release %s', async (version) => {
  const former = await withPresentAgent(await unpacked(version));
  const platform = stack.use(await Platform.start({}, former));
  const shop = await Shop.deploy(platform);
  await shop.scaleTo(2);
  await shop.seesItsLoad();
  await shop.update('two', 2);
  await platform.end('SIGKILL');
  await platform.run(former);
  await eventually('every instance is adopted', async () => (await shop.active()).length === 2, LIMIT);
  await shop.scaleTo(1);
  await shop.delete();
});
