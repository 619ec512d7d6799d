/** Carries out what goes wrong. */
import type { Agent } from './agent.ts';
import { OPERATOR, type Life } from './control-plane.ts';
import type { Fault } from './faults.ts';
import type { Bounds, Watch } from './invariants.ts';
import type { MemoryDatabase } from './memory-store.ts';
import type { Network } from './network.ts';
import { between, chance, pick, type Random } from './random.ts';
import type { VirtualTime } from './time.ts';

/** What of a world it needs to reach. */
export interface Struck {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly database: MemoryDatabase;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly watch: Watch;
  readonly random: Random;
  /** The tenant's application, whose service clusters people scale. */
  readonly application: { readonly tenant: string; readonly application: string; readonly aliases: readonly string[] };
  readonly bounds: (alias: string) => Bounds;
  readonly life: () => Life | null;
  /** Another control plane, at once or after some seconds if there is none then. */
  readonly begin: () => void;
  readonly beginAfter: (seconds: number) => void;
  /** What people ask for, until it is answered. */
  readonly ask: (what: string, work: () => Promise<unknown>) => void;
  readonly apply: (environment: Record<string, string>) => Promise<unknown>;
  /** Releases whose application never gets ready. */
  readonly bad: Set<string>;
}

/** Longer than a connection lives without a sign of life. */
const LOST_MILLISECONDS = 15_001;
/** What the app does not notice: a stop, or a clock that is set by so little. */
const UNNOTICED_MILLISECONDS = 3000;
/** What was taken over goes on in its error for so long. */
const MISTAKEN_MILLISECONDS = 10_000;

type Strike<K extends Fault['kind']> = (fault: Extract<Fault, { kind: K }>) => void;

export class Strikes {
  readonly #struck: Struck;
  #releases = 0;
  #brokerOutages = 0;

  constructor(struck: Struck) {
    this.#struck = struck;
  }

  carryOut(fault: Fault): void {
    const strike = this.#kinds[fault.kind] as (fault: Fault) => void;
    strike(fault);
  }

  readonly #kinds: { readonly [K in Fault['kind']]: Strike<K> } = {
    kill: ({ effects, downSeconds }) => {
      const { life: present, time, beginAfter } = this.#struck;
      const life = present();
      if (life === null || life.program.isKilled) return;
      life.killAtEffect(effects);
      time.after(1500, () => {
        life.kill();
        beginAfter(downSeconds);
      });
    },
    stop: ({ seconds }) => this.#stop(seconds, false),
    'take-over': ({ seconds }) => this.#stop(seconds, true),
    broker: ({ seconds, losesRetained }) => this.#breakBroker(seconds, losesRetained),
    'broker-and-control-plane': ({ seconds, losesRetained }) => {
      this.#breakBroker(seconds, losesRetained);
      this.#struck.life()?.kill();
      this.#struck.beginAfter(seconds + between(this.#struck.random, 0.1, 10));
    },
    partition: ({ share, seconds }) => this.#partition(share, seconds),
    crash: ({ instances }) => {
      for (let count = 0; count < instances; count += 1) this.#anyAgent()?.end('signal SIGKILL');
    },
    hang: ({ seconds }) => {
      const agent = this.#anyAgent();
      if (agent === undefined) return;
      agent.program.stop();
      this.#loseWhileStopped(agent);
      this.#struck.time.after(seconds * 1000, () => agent.program.goOn());
    },
    lock: ({ seconds }) => {
      const { database, time } = this.#struck;
      database.isLocked = true;
      time.after(seconds * 1000, () => {
        database.isLocked = false;
      });
    },
    clock: ({ milliseconds }) => {
      const { life, watch } = this.#struck;
      const present = life();
      if (present === null) return;
      present.program.skew += milliseconds;
      const isNoticed = Math.abs(milliseconds) > UNNOTICED_MILLISECONDS;
      watch.clockSet(isNoticed ? 0 : Math.abs(milliseconds));
      if (isNoticed) watch.outageOver();
    },
    release: ({ isBad }) => this.#release(isBad),
    scale: ({ instances, seconds }) => {
      const { application, bounds, ask, life, random } = this.#struck;
      const { aliases, ...owner } = application;
      const alias = pick(random, aliases);
      const { minimum, maximum } = bounds(alias);
      const number = Math.max(minimum, Math.min(maximum, instances));
      const asked = {
        ...owner,
        alias,
        instances: number,
        kind: 'pin',
        reason: 'by hand',
        forSeconds: seconds,
      } as const;
      ask(`scale ${alias}`, () => life()!.core.useCases.mutations.scale(OPERATOR, asked));
    },
    freeze: ({ seconds }) => {
      const { ask, life } = this.#struck;
      const asked = { reason: 'drawn', forSeconds: seconds };
      ask('freeze', () => life()!.core.useCases.mutations.freeze(OPERATOR, asked));
    },
  };

  #anyAgent(): Agent | undefined {
    const { agents, random } = this.#struck;
    return agents.size === 0 ? undefined : pick(random, [...agents.values()]);
  }

  #loseWhileStopped({ program, client }: Pick<Agent, 'program' | 'client'>): void {
    const { time, network } = this.#struck;
    time.after(LOST_MILLISECONDS, () => {
      if (!program.isRunning && !program.isKilled) network.stoppedFor(client, LOST_MILLISECONDS);
    });
  }

  #stop(seconds: number, isTakenOver: boolean): void {
    const { life: present, time, watch, begin } = this.#struck;
    const life = present();
    if (life === null || !life.program.isRunning) return;
    life.program.stop();
    if (isTakenOver) begin();
    else this.#loseWhileStopped(life);
    time.after(seconds * 1000, () => {
      if (life === present() && seconds * 1000 > UNNOTICED_MILLISECONDS) watch.outageOver();
      life.program.goOn();
      if (isTakenOver) time.after(MISTAKEN_MILLISECONDS, () => life.kill());
    });
  }

  #breakBroker(seconds: number, losesRetained: boolean): void {
    const { network, time, watch } = this.#struck;
    this.#brokerOutages += 1;
    network.brokerDown(losesRetained);
    time.after(seconds * 1000, () => {
      this.#brokerOutages -= 1;
      if (this.#brokerOutages > 0) return;
      network.brokerUp();
      watch.outageOver();
    });
  }

  #partition(share: number, seconds: number): void {
    const { agents, network, random, time, watch } = this.#struck;
    const one = this.#anyAgent();
    const cut =
      share === 0 ? (one === undefined ? [] : [one]) : [...agents.values()].filter(() => chance(random, share));
    const active = [...agents.values()].filter(({ state }) => state === 'active');
    const silent = cut.filter((agent) => active.includes(agent)).map(({ key }) => key.instance);
    for (const { client } of cut) network.cut(client);
    watch.cutOff(silent, active.length);
    time.after(seconds * 1000, () => {
      for (const { client } of cut) network.mend(client);
      watch.mended(cut.map(({ key }) => key.instance));
    });
  }

  #release(isBad: boolean): void {
    const { database, ask, apply, bad } = this.#struck;
    const number = (this.#releases += 1);
    ask(`release ${number}`, async () => {
      const known = new Set(database.all('releases').keys());
      await apply({ RELEASE: String(number) });
      if (isBad) for (const uid of database.all('releases').keys()) if (!known.has(uid)) bad.add(uid);
    });
  }
}
