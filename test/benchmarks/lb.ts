/**
 * The load balancer with real processes around it: throughput and CPU per request for answers of 1 KB against the same
 * instance asked directly, and what is lost while instances are drained and killed under load.
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Benchmark, Figure } from './benchmark.ts';
import { LoadBalancerBed, type Instance } from './lb-bed.ts';
import { percentileOfSorted } from './statistics.ts';

const CLIENTS = 64;
const WARM_UP_MILLISECONDS = 1000;
const MEASURED_MILLISECONDS = 5000;
const ROUNDS = 3;

export const lb: Benchmark = {
  name: 'lb',
  description: `the load balancer with ${CLIENTS} keep-alive clients and answers of 1 KB; drain and kill under load`,
  run: async (report) => {
    for (const measure of [throughput, drain, kill]) report(await withBed(measure));
  },
};

async function withBed(measure: (bed: LoadBalancerBed) => Promise<Figure[]>): Promise<Figure[]> {
  const bed = await LoadBalancerBed.open();
  try {
    return await measure(bed);
  } finally {
    await bed.close();
  }
}

async function throughput(bed: LoadBalancerBed): Promise<Figure[]> {
  const instance = await bed.instance('only');
  await bed.apply([{ instance, state: 'active' }]);
  const direct = await timed(instance.port, () => 0);
  const balanced = await timed(bed.port, () => bed.cpuSeconds);
  if (balanced.failed > 0) throw new Error(`${balanced.failed} of ${balanced.total} requests failed`);
  const against = 'the same instance asked directly';
  const samples = balanced.total;
  return [
    {
      ...{ name: 'requests-per-second', value: round(balanced.perSecond), unit: '1/s', samples, against },
      ratio: round(balanced.perSecond / direct.perSecond),
    },
    {
      ...{ name: 'latency-p99', value: round(balanced.p99), unit: 'ms', samples, against },
      ratio: round(balanced.p99 / direct.p99),
    },
    { name: 'requests-per-cpu-second', value: round(balanced.total / balanced.cost), unit: '1/s', samples },
  ];
}

/** Every instance is replaced, the way a roll-out does it, while requests that may not be sent twice keep coming. */
async function drain(bed: LoadBalancerBed): Promise<Figure[]> {
  let members = await Promise.all(['a', 'b', 'c'].map((name) => bed.instance(name, 5)));
  await bed.apply(members.map((instance) => ({ instance, state: 'active' })));
  const load = new Load(bed.port, 'POST');
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const leaving of members) {
      members = [...members, await bed.instance(`${leaving.name}${round}`, 5)];
      await bed.apply(
        members.map((instance) => ({ instance, state: instance === leaving ? 'draining' : ('active' as const) })),
      );
      while (bed.demand?.instances[leaving.name]?.inFlight !== 0) await delay(20);
      await end(leaving);
      members = members.filter((instance) => instance !== leaving);
      await bed.apply(members.map((instance) => ({ instance, state: 'active' })));
    }
  }
  const { failed, total } = await load.stop();
  return [{ name: 'drain-failed', value: failed, unit: 'requests', samples: total }];
}

/** Instances are killed one after another under load; requests that may be sent twice must all be answered. */
async function kill(bed: LoadBalancerBed): Promise<Figure[]> {
  const members = await Promise.all(['a', 'b', 'c', 'd'].map((name) => bed.instance(name, 5)));
  await bed.apply(members.map((instance) => ({ instance, state: 'active' })));
  const load = new Load(bed.port, 'GET');
  for (const doomed of members.slice(1)) {
    await delay(1000);
    await end(doomed);
  }
  await delay(1000);
  const { failed, total } = await load.stop();
  return [{ name: 'kill-failed', value: failed, unit: 'requests', samples: total }];
}

async function end({ child }: Instance): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

interface Timed {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p99: number;
  readonly total: number;
  readonly failed: number;
  /** What `meter` rose by. */
  readonly cost: number;
}

async function timed(port: number, meter: () => number): Promise<Timed> {
  const warmUp = new Load(port, 'GET');
  await delay(WARM_UP_MILLISECONDS);
  await warmUp.stop();
  const before = meter();
  const began = performance.now();
  const load = new Load(port, 'GET');
  await delay(MEASURED_MILLISECONDS);
  const { total, failed, latencies } = await load.stop();
  const seconds = (performance.now() - began) / 1000;
  const sorted = Float64Array.from(latencies).sort();
  return { perSecond: total / seconds, p99: percentileOfSorted(sorted, 0.99), total, failed, cost: meter() - before };
}

/** Clients that each send their next request when they have their answer. */
class Load {
  readonly #pool: Pool;
  readonly #method: 'GET' | 'POST';
  readonly #clients: Promise<unknown>;
  readonly #latencies: number[] = [];
  #failed = 0;
  #running = true;

  constructor(port: number, method: 'GET' | 'POST') {
    this.#pool = new Pool(`http://127.0.0.1:${port}`, { connections: CLIENTS, pipelining: 1 });
    this.#method = method;
    this.#clients = Promise.all(Array.from({ length: CLIENTS }, () => this.#client()));
  }

  async stop(): Promise<{ total: number; failed: number; latencies: readonly number[] }> {
    this.#running = false;
    await this.#clients;
    await this.#pool.close();
    return { total: this.#latencies.length, failed: this.#failed, latencies: this.#latencies };
  }

  async #client(): Promise<void> {
    const body = this.#method === 'POST' ? 'once' : null;
    while (this.#running) {
      const began = performance.now();
      try {
        const answer = await this.#pool.request({ method: this.#method, path: '/', body });
        await answer.body.dump();
        if (answer.statusCode !== 200) this.#failed += 1;
      } catch {
        this.#failed += 1;
      }
      this.#latencies.push(performance.now() - began);
    }
  }
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
