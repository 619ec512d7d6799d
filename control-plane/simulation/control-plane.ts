/** One life of the control plane: the real app over the ports of the simulated world, until it is killed. */
import type { Logger } from 'pino';
import { createCore } from '../app/core.ts';
import type { Core, CoreOptions } from '../app/core/options.ts';
import { CartwrightError } from '../app/errors.ts';
import type { Metrics } from '../app/ports/metrics.ts';
import type { Messaging, MessagingListener } from '../app/ports/messaging.ts';
import type { Store } from '../app/ports/store.ts';
import type { Principal } from '../app/principal.ts';
import { DELIVERY, parseTopic } from '../../schema/mqtt/topics.ts';
import type { Machine } from './machine.ts';
import { MemoryStore, type MemoryDatabase } from './memory-store.ts';
import type { Client, Network } from './network.ts';
import { between, chance, type Random } from './random.ts';
import { Program, type VirtualTime } from './time.ts';

export const OPERATOR: Principal = {
  token: 'operator',
  name: 'operator',
  role: 'operator',
  tenant: null,
  application: null,
};

export interface LifeOptions {
  readonly time: VirtualTime;
  readonly epoch: number;
  readonly database: MemoryDatabase;
  readonly network: Network;
  readonly machine: Machine;
  readonly random: Random;
  readonly newUid: (now: number) => string;
  readonly skew: number;
  readonly isFenced: boolean;
  /** Told of what the app says went wrong in a way that nothing in this world explains. */
  readonly onFault: (error: unknown, what: string) => void;
  readonly onMessage: (life: Life, topic: string) => void;
}

export class Life {
  readonly program: Program;
  readonly core: Core;
  readonly fence: number;
  readonly bornAt: number;
  readonly client: Client;
  /** Effects until it is killed, before one of them or before its answer. */
  killIn = Infinity;
  readonly #options: LifeOptions;
  #listener: MessagingListener | null = null;
  #isKilledBefore = true;

  private constructor(options: LifeOptions, store: Store, fence: number, program: Program) {
    const { time, network, machine, random, epoch, newUid } = options;
    this.#options = options;
    this.program = program;
    this.fence = fence;
    this.bornAt = time.now;
    this.client = network.join({
      id: `control-plane-${fence}`,
      program,
      follows: (topic) => {
        const parsed = parseTopic(topic);
        return parsed?.kind === 'instance' && parsed.leaf !== 'command';
      },
      will: () => null,
      connected: () => this.#listener?.connected(),
      disconnected: (reason) => this.#listener?.disconnected(reason),
      message: ({ topic, payload, retained }) => {
        options.onMessage(this, topic);
        this.#listener?.message({ topic, payload, retained, receivedAt: clock.now() });
      },
    });
    const clock = program.clock(epoch);
    this.core = createCore({
      store,
      provider: machine.reachedBy(program, fence, (what) => this.before(what)),
      messaging: this.#messaging(),
      clock,
      newUid,
      random,
      fence,
      logger: loggerOf((error, what) => options.onFault(error, what)),
      ...NOTHING_ELSE,
    });
  }

  /** A new control plane takes over. */
  static async begin(options: LifeOptions): Promise<Life> {
    const { database, time } = options;
    const program = new Program(time);
    program.skew = options.skew;
    let life: Life | null = null;
    const store = new MemoryStore({
      database,
      before: (what) => life?.before(what) ?? Promise.resolve(),
      after: () => life?.after() ?? Promise.resolve(),
      wait: (milliseconds) => program.wait(milliseconds),
      isFenced: options.isFenced,
    }).store();
    const fence = await store.acquireLease('simulated');
    life = new Life(options, store, fence, program);
    return life;
  }

  start(): void {
    this.core.start().catch((error: unknown) => this.#options.onFault(error, 'the start failed'));
  }

  kill(): void {
    this.program.kill();
    this.#options.network.leave(this.client);
  }

  /** Kills it within its next effects: before one of them happens, or before it is answered. */
  killAtEffect(effects: number): void {
    this.killIn = effects;
    this.#isKilledBefore = chance(this.#options.random, 0.5);
  }

  /** Awaited before each effect on the world; never settles for the dead. */
  async before(_what: string): Promise<void> {
    await this.#whileRunning();
    if ((this.killIn -= 1) < 0 && this.#isKilledBefore) this.kill();
    if (this.program.isKilled) await new Promise<never>(() => undefined);
  }

  async after(): Promise<void> {
    if (this.killIn < 0) this.kill();
    if (this.program.isKilled) await new Promise<never>(() => undefined);
  }

  /** What it was doing when it was stopped goes on when it does. */
  #whileRunning(): Promise<void> {
    if (this.program.isRunning) return Promise.resolve();
    return new Promise((resolve) => this.program.run(resolve));
  }

  #messaging(): Messaging {
    const { network, random } = this.#options;
    // Not a shorthand: the listener is this life's.
    const publish = async (topic: string, payload: Buffer): Promise<void> => {
      await this.before('messaging.publish');
      const leaf = topic.split('/').at(-1) as keyof typeof DELIVERY;
      const { qos, retain } = DELIVERY[leaf];
      if (!network.publish(this.client, { topic, payload, qos, retain }))
        throw new CartwrightError('MESSAGING_NOT_CONNECTED', 'the broker is away');
      await this.program.wait(between(random, 1, 20));
    };
    const isConnected = (): boolean => this.client.isConnected;
    return {
      get isConnected() {
        return isConnected();
      },
      start: async (listener) => {
        this.#listener = listener;
        if (!this.client.isConnected) return;
        for (const [topic, payload] of network.retained)
          if (this.client.options.follows(topic)) this.client.options.message({ topic, payload, retained: true });
        listener.connected();
      },
      publish,
      clear: (topic) => publish(topic, Buffer.alloc(0)),
      close: async () => undefined,
    };
  }
}

/** Errors are looked at: what is no known failure of this world is a fault of the app. */
function loggerOf(onFault: (error: unknown, what: string) => void): Logger {
  const nothing = (): void => undefined;
  const look = (fields: { error?: unknown }, what: string): void => {
    const { error } = fields;
    if (error instanceof Error && !(error instanceof CartwrightError)) onFault(error, what);
  };
  return { trace: nothing, debug: nothing, info: nothing, warn: look, error: look } as unknown as Logger;
}

const never = (): never => {
  throw new Error('nothing in a simulation builds or fetches');
};

/** Parts of the app that have no part in the simulated world. */
const NOTHING_ELSE: Omit<
  CoreOptions,
  'store' | 'provider' | 'messaging' | 'clock' | 'newUid' | 'random' | 'fence' | 'logger'
> = {
  vault: {
    currentKey: undefined,
    has: () => false,
    seal: never,
    open: never,
    derive: (purpose, subject) => [`${purpose}-${subject}`],
  },
  tasks: {
    asksForTokens: false,
    list: async () => [],
    unseen: () => [],
    observe: async () => undefined,
    start: never,
    stop: never,
    output: never,
    settled: never,
    remove: never,
    onChange: () => () => undefined,
    close: async () => undefined,
  },
  program: {
    version: 'simulated',
    databaseKind: 'sqlite',
    checkDatabase: async () => undefined,
    queuedWrites: () => 0,
    holder: 'simulated',
    checkLease: () => undefined,
    droppedLogLines: () => 0,
    brokerAuthorities: [],
  },
  accounts: { keep: () => undefined, grant: async () => true, revoke: async () => undefined },
  fetcher: {
    check: never,
    resolve: never,
    look: never,
    checkout: never,
    mirrors: async () => [],
    mirrorOf: never,
    removeMirror: never,
    close: async () => undefined,
  },
  artifacts: {
    pack: never,
    receive: never,
    unpack: never,
    holds: never,
    path: async () => undefined,
    delete: never,
    list: async () => [],
  },
  builder: { run: never },
  buildLogs: {
    begin: never,
    read: async () => [],
    onAppend: () => () => undefined,
    list: async () => [],
    remove: never,
  },
  logs: {
    append: () => undefined,
    search: never,
    follow: never,
    newest: async () => 0,
    bytes: async () => 0,
    remove: async () => undefined,
  },
  drains: {
    transports: { open: never },
    positions: { load: async () => null, save: async () => undefined, forget: async () => undefined },
  },
  // Whatever is counted.
  metrics: new Proxy({}, { get: () => () => undefined }) as Metrics,
  brokers: ['mqtt://127.0.0.1:1883'],
  isBrokerOutside: true,
  tenantLogBytesPerSecond: 1024 * 1024,
  controlPlaneUrl: 'http://127.0.0.1:1/instance/v1',
  publicHost: '127.0.0.1',
  findPublicPort: async (taken) => 8000 + taken.length,
  refreshCartridges: async () => undefined,
  runtimes: { whyUnusable: async () => undefined },
  hostClusters: { access: { open: never }, rules: { commands: [], insecureHosts: [] }, probeImage: 'probe' },
  noticeTransport: { check: never, send: never, close: async () => undefined },
  backtestRunner: { run: never, close: async () => undefined },
  disk: { space: async () => ({ directory: '/', freeBytes: 2 ** 40, totalBytes: 2 ** 40 }) },
  minimumFreeDiskShare: 0.1,
  maximumArchiveBytes: 2 ** 40,
  cacheBounds: { component: 2 ** 40, total: 2 ** 40 },
  publicUrl: null,
  tokenTimes: { lifetimeMilliseconds: null, graceMilliseconds: 600_000 },
  gitPollSeconds: 60,
  buildFolders: { scratch: never, cache: () => '', caches: async () => [], removeCache: never },
};
