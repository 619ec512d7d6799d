/**
 * The whole way, with agents and a load balancer: from a decision to the Deployment and to the pod that is Ready, and from what a watch of the pods
 * shows to what a subscriber is told.
 */
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { testCluster } from '../../kubernetes/accounts.ts';
import { kubectl } from '../../kubernetes/cluster.ts';
import { KubernetesWorld, LIMIT, REF } from '../../kubernetes/world.ts';
import { eventually } from '../../support/eventually.ts';
import { WORKING } from '../../support/repository.ts';
import type { Figure } from '../benchmark.ts';
import { median, percentileOfSorted } from '../statistics.ts';
import { isReady } from './host.ts';
import { Watching } from './watching.ts';

const TIMES = 20;
const OURS = 'labelSelector=cartwright.dev%2Falias%3Dweb';
const DECISIONS = 'subscription ($ref: ServiceClusterRef!) { decisions(ref: $ref) { at from to acted } }';
const EVENTS = 'subscription { events { ... on Event { type } } }';

interface SeenDecision {
  readonly at: string;
  readonly from: number;
  readonly to: number;
  readonly acted: boolean;
}

export async function wholePath(): Promise<Figure[]> {
  await using world = await KubernetesWorld.open({ name: 'bench' });
  await world.register('here');
  await world.deploy(WORKING('one'));
  await world.scaled(1);
  return await measure(world);
}

async function measure(world: KubernetesWorld): Promise<Figure[]> {
  const { namespace, platform } = world;
  const { config } = testCluster();
  await using pods = await Watching.open<V1Pod>(config, `/api/v1/namespaces/${namespace}/pods?${OURS}`);
  await using deployments = await Watching.open<V1Deployment>(
    config,
    `/apis/apps/v1/namespaces/${namespace}/deployments?${OURS}`,
  );
  const client = createClient({
    url: `${platform.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${platform.token}` },
  });
  const decisions = new Told<{ decisions: SeenDecision }>(client, DECISIONS, { ref: REF });
  const events = new Told<{ events: { type?: string } }>(client, EVENTS, {});
  const written: number[] = [];
  const ready: number[] = [];
  const told: number[] = [];
  try {
    for (let time = 0; time <= TIMES; time++) {
      const old = new Set(pods.present.map(({ metadata }) => metadata!.uid!));
      const decided = decisions.next(({ decisions: { acted, to } }) => acted && to === 2);
      const object = deployments.next('the Deployment asks for two', ({ spec }) => spec?.replicas === 2, LIMIT);
      const serving = pods.next('a pod is Ready', (pod) => !old.has(pod.metadata!.uid!) && isReady(pod), LIMIT);
      await world.scale(2);
      const [{ value }, writtenAt, readyAt] = await Promise.all([decided, object, serving]);
      const decidedAt = Date.parse(value.decisions.at) - performance.timeOrigin;
      await eventually('two are active', () => world.isAtRest(2), LIMIT);

      const [victim] = pods.present.filter(isReady);
      const faulty = events.next(({ events: { type } }) => type === 'instance.faulty');
      const gone = pods.next(
        'the pod is gone',
        ({ metadata }, phase) => phase === 'DELETED' && metadata?.uid === victim?.metadata?.uid,
        LIMIT,
      );
      await kubectl(
        '-n',
        namespace,
        'delete',
        'pod',
        victim!.metadata!.name!,
        '--grace-period=0',
        '--force',
        '--wait=false',
      );
      const [goneAt, { at }] = await Promise.all([gone, faulty]);
      await eventually('two are active again', () => world.isAtRest(2), LIMIT);
      await world.scaled(1);
      if (time === 0) continue;
      written.push(writtenAt - decidedAt);
      ready.push(readyAt - decidedAt);
      told.push(Math.max(0, at - goneAt));
    }
  } finally {
    await client.dispose();
  }
  return [
    { name: 'kubernetes-decision-to-object', value: median(written), unit: 'ms', samples: TIMES },
    { name: 'kubernetes-decision-to-ready', value: median(ready), unit: 'ms', samples: TIMES },
    { name: 'kubernetes-watch-to-subscriber', value: median(told), unit: 'ms', samples: TIMES },
    {
      name: 'kubernetes-watch-to-subscriber-p99',
      value: percentileOfSorted(Float64Array.from(told).sort(), 0.99),
      unit: 'ms',
      samples: TIMES,
    },
  ];
}

/** What a subscription tells, with the moment (`performance.now()`) at which it did. */
class Told<T> {
  readonly #waiting = new Set<(value: T, at: number) => void>();
  #failure: unknown;

  constructor(client: Client, query: string, variables: Record<string, unknown>) {
    client.subscribe<T>(
      { query, variables },
      {
        next: ({ data }) => {
          const at = performance.now();
          if (data) for (const wait of this.#waiting) wait(data, at);
        },
        error: (error) => (this.#failure = error),
        complete: () => undefined,
      },
    );
  }

  async next(fits: (value: T) => boolean): Promise<{ readonly value: T; readonly at: number }> {
    let wait: ((value: T, at: number) => void) | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        wait = (value, at) => {
          if (fits(value)) resolve({ value, at });
        };
        this.#waiting.add(wait);
        timer = setTimeout(
          () => reject(new Error(`nothing was told within ${LIMIT} ms`, { cause: this.#failure })),
          LIMIT,
        );
      });
    } finally {
      clearTimeout(timer);
      if (wait !== undefined) this.#waiting.delete(wait);
    }
  }
}
