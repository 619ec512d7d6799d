/** Watches the service cluster as any tool would: through subscriptions, which go on after the control plane was away. */
import { createClient, type Client } from 'graphql-ws';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

export interface SeenInstance {
  readonly uid: string;
  readonly state: string;
  readonly createdAt: string;
  readonly activeAt: string | null;
  readonly cause: string | null;
  readonly release: { readonly number: number } | null;
}

export interface SeenDecision {
  readonly uid: string;
  readonly at: string;
  readonly from: number;
  readonly to: number;
  readonly acted: boolean;
  readonly sentence: string;
}

export interface Snapshot {
  readonly at: number;
  readonly wanted: number;
  readonly active: number;
  readonly starting: number;
  readonly horizonSeconds: number;
  readonly factors: readonly {
    readonly name: string;
    readonly target: number;
    readonly observed: number | null;
    readonly forecast: { readonly predicted: number; readonly error: number } | null;
  }[];
  readonly rollout: { readonly uid: string; readonly state: string } | null;
  readonly instances: readonly SeenInstance[];
}

const SNAPSHOT = `subscription ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) {
  serviceCluster { wanted }
  live { active starting horizonSeconds factors { name target observed forecast { predicted error } } }
  rollout { uid state }
  instances { instance { uid state createdAt activeAt cause release { number } } }
} }`;
const DECISIONS = `subscription ($ref: ServiceClusterRef!, $after: ID) { decisions(ref: $ref, after: $after) { uid at from to acted sentence } }`;
const RETRY_MILLISECONDS = 200;

export interface ObserverOptions {
  readonly url: string;
  readonly token: string;
  readonly application: string;
  readonly alias: string;
  readonly onSnapshot: (snapshot: Snapshot) => void;
  readonly onDecision: (decision: SeenDecision) => void;
}

export class DemoObserver {
  readonly #options: ObserverOptions;
  readonly #client: Client;
  readonly snapshots: Snapshot[] = [];
  readonly decisions: SeenDecision[] = [];
  /** Every instance that was ever seen, as it was seen last. */
  readonly instances = new Map<string, SeenInstance>();
  #closed = false;
  readonly #following: Promise<unknown>;

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#client = createClient({
      url: `${options.url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${options.token}` },
      retryAttempts: 0,
      lazy: true,
    });
    this.#following = Promise.all([
      this.#follow(() => this.#followSnapshots()),
      this.#follow(() => this.#followDecisions()),
    ]);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get latest(): Snapshot | undefined {
    return this.snapshots.at(-1);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#client.dispose();
    await this.#following;
  }

  /** Subscribes again after each end: the control plane is killed in the demo's course. */
  async #follow(subscribe: () => Promise<void>): Promise<void> {
    while (!this.#closed) {
      try {
        await subscribe();
      } catch {
        // The server is away; the next subscription begins with the present state.
        if (!this.#closed) await sleep(RETRY_MILLISECONDS);
      }
    }
  }

  async #followSnapshots(): Promise<void> {
    interface Data {
      serviceCluster: {
        serviceCluster: { wanted: number };
        live: Omit<Snapshot, 'at' | 'wanted' | 'rollout' | 'instances'>;
        rollout: Snapshot['rollout'];
        instances: { instance: SeenInstance }[];
      };
    }
    const { application, alias } = this.#options;
    for await (const { data } of this.#client.iterate<Data>({
      query: SNAPSHOT,
      variables: { ref: { application, alias } },
    })) {
      if (data === undefined || data === null) continue;
      const { serviceCluster, live, rollout, instances } = data.serviceCluster;
      const snapshot: Snapshot = {
        at: Date.now(),
        wanted: serviceCluster.wanted,
        ...live,
        rollout,
        instances: instances.map(({ instance }) => instance),
      };
      for (const instance of snapshot.instances) this.instances.set(instance.uid, instance);
      this.snapshots.push(snapshot);
      this.#options.onSnapshot(snapshot);
    }
  }

  async #followDecisions(): Promise<void> {
    const { application, alias } = this.#options;
    const after = this.decisions.at(-1)?.uid;
    for await (const { data } of this.#client.iterate<{ decisions: SeenDecision }>({
      query: DECISIONS,
      variables: { ref: { application, alias }, ...(after === undefined ? {} : { after }) },
    })) {
      if (data === undefined || data === null) continue;
      this.decisions.push(data.decisions);
      this.#options.onDecision(data.decisions);
    }
  }
}
