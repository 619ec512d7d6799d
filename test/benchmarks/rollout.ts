/**
 * A commit under load: a real control plane, its process provider and a real Git repository. Every instance is restarted with the
 * new release while requests come at a fixed rate. What that costs is compared with a control run: the same requests, while as
 * many idle Node processes are started at the moments at which the roll-out started its own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Platform } from '../support/platform.ts';
import { Repository } from '../support/repository.ts';
import type { Benchmark, Figure } from './benchmark.ts';
import { OpenLoad, type Sample } from './open-load.ts';
import { percentileOfSorted } from './statistics.ts';

const INSTANCES = 20;
const PER_SECOND = 500;
const WARM_UP_MILLISECONDS = 5000;
const LIMIT_MILLISECONDS = 600_000;
const IDLE = 'setInterval(() => undefined, 1e9)';

/** Answers at once; notes when it was started. */
const program = (version: string, starts: string): string => `
require('node:fs').appendFileSync(${JSON.stringify(starts)}, ${JSON.stringify(version)} + ' ' + Date.now() + '\\n');
const server = require('node:http').createServer((request, response) => response.end(${JSON.stringify(version)}));
server.keepAliveTimeout = 60000;
server.listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

export const rollout: Benchmark = {
  name: 'rollout',
  description: `a commit for ${INSTANCES} instances at ${PER_SECOND} requests/s through the load balancer`,
  async run(report) {
    await using platform = await Platform.start();
    const shop = await Shop.deploy(platform);
    const measured = await shop.rollOut();
    const control = await shop.withIdleProcesses(measured);
    report(figuresOf(measured, control));
  },
};

interface Measured {
  readonly samples: readonly Sample[];
  readonly seconds: number;
  /** When processes were started, in milliseconds from the beginning. */
  readonly starts: readonly number[];
}

function figuresOf(measured: Measured, control: Measured): Figure[] {
  const failed = measured.samples.filter((sample) => sample.failed !== undefined);
  for (const reason of new Set(failed.map((sample) => sample.failed)))
    console.error(`rollout: a request failed: ${reason}`);
  const [p99, p99OfControl] = [p99Of(measured), p99Of(control)];
  const ratio = Number((p99 / p99OfControl).toPrecision(3));
  const samples = measured.samples.length;
  const against = `a control run that starts ${control.starts.length} idle Node processes at the same pace`;
  return [
    { name: 'rollout-failed', value: failed.length, unit: 'requests', samples },
    { name: 'rollout-p99', value: ratio, unit: '× the control run', ratio, against, samples },
    { name: 'rollout-p99-milliseconds', value: p99, unit: 'ms', samples },
    { name: 'rollout-control-p99-milliseconds', value: p99OfControl, unit: 'ms', samples: control.samples.length },
    {
      name: 'rollout-control-failed',
      value: control.samples.filter((sample) => sample.failed !== undefined).length,
      unit: 'requests',
      samples: control.samples.length,
    },
    { name: 'rollout-seconds', value: measured.seconds, unit: 's', samples: 1 },
  ];
}

function p99Of({ samples }: Measured): number {
  return percentileOfSorted(Float64Array.from(samples.map(({ milliseconds }) => milliseconds)).sort(), 0.99);
}

interface Seen {
  readonly instances: {
    readonly edges: readonly { readonly node: { state: string; release: { number: number } | null } }[];
  };
  readonly rollouts: {
    readonly edges: readonly { readonly node: { state: string; toRelease: { number: number } | null } }[];
  };
}

class Shop {
  readonly #platform: Platform;
  readonly #repository: Repository;
  readonly #starts: string;
  readonly #url: string;

  private constructor(platform: Platform, repository: Repository, starts: string, url: string) {
    this.#platform = platform;
    this.#repository = repository;
    this.#starts = starts;
    this.#url = url;
  }

  static async deploy(platform: Platform): Promise<Shop> {
    const starts = join(platform.directory, 'starts');
    const repository = await Repository.create(join(platform.repositories, 'shop'), program('one', starts));
    await platform.ask(
      'mutation ($input: SetTenantQuotaInput!) { setTenantQuota(input: $input) { userErrors { message } } }',
      {
        input: { name: 'default', quota: { instances: 2 * INSTANCES } },
      },
    );
    await platform.apply({
      apiVersion: 'cartwright.dev/v1',
      kind: 'Application',
      metadata: { name: 'shop' },
      spec: {
        components: [
          {
            ...{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs' },
            source: { git: { url: repository.url, branch: 'main' } },
            autoscaling: { minimum: INSTANCES, maximum: INSTANCES },
          },
        ],
      },
    });
    const url = await until('the application to have a URL', async () => {
      const answer = await platform.ask<{ application: { url: string | null } | null }>(
        '{ application(name: "shop") { url } }',
      );
      return answer.application?.url ?? undefined;
    });
    const shop = new Shop(platform, repository, starts, url);
    await until('all instances to serve', async () => (await shop.#serving(1)) === INSTANCES);
    return shop;
  }

  async rollOut(): Promise<Measured> {
    const load = await this.#load();
    const began = performance.now();
    const beganAt = Date.now();
    await this.#repository.commit(program('two', this.#starts), 'second');
    await until('the roll-out to end', async () => {
      const last = (await this.#look()).rollouts.edges.at(-1)?.node;
      if (last?.toRelease?.number !== 2) return false;
      if (last.state === 'RETURNED') throw new Error('the roll-out returned to the release before');
      return last.state === 'SUCCEEDED' && (await this.#serving(2)) === INSTANCES;
    });
    const seconds = (performance.now() - began) / 1000;
    await load.stop();
    const lines = (await readFile(this.#starts, 'utf8')).split('\n').filter((line) => line.startsWith('two '));
    const starts = lines.map((line) => Math.max(0, Number(line.slice(4)) - beganAt));
    return { samples: load.samples.filter(({ due }) => due >= began), seconds, starts };
  }

  /** The same for as long, with nothing rolled out. */
  async withIdleProcesses({ starts, seconds }: Measured): Promise<Measured> {
    const load = await this.#load();
    const began = performance.now();
    const isOver = () => performance.now() - began >= 1000 * seconds;
    // Somebody looks on here, too, as often.
    const watched = until('the time to be over', async () => (await this.#look()) !== undefined && isOver());
    const children: ChildProcess[] = [];
    for (const start of starts.toSorted((a, b) => a - b)) {
      await delay(Math.max(0, began + start - performance.now()));
      children.push(spawn(process.execPath, ['-e', IDLE], { stdio: 'ignore', env: {} }));
    }
    await watched;
    await load.stop();
    const ended = children.map((child) => once(child, 'exit'));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(ended);
    return { samples: load.samples.filter(({ due }) => due >= began), seconds, starts };
  }

  async #load(): Promise<OpenLoad> {
    const load = new OpenLoad(this.#url, PER_SECOND);
    await delay(WARM_UP_MILLISECONDS);
    return load;
  }

  async #serving(release: number): Promise<number> {
    const { instances } = await this.#look();
    return instances.edges.filter(({ node }) => node.state === 'ACTIVE' && node.release?.number === release).length;
  }

  async #look(): Promise<Seen> {
    const { serviceCluster } = await this.#platform.ask<{ serviceCluster: Seen }>(
      `{ serviceCluster(ref: { application: "shop", alias: "web" }) {
        instances(first: 100) { edges { node { state release { number } } } }
        rollouts(last: 3) { edges { node { state toRelease { number } } } } } }`,
    );
    return serviceCluster;
  }
}

async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = performance.now() + LIMIT_MILLISECONDS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited ${LIMIT_MILLISECONDS / 1000} s in vain for ${what}`);
    await delay(500);
  }
}
