/**
 * A run: the real app, agents, network, machine and database of one platform in virtual time. Everything in it follows from the seed and
 * the code, so that a run can be had again exactly; its trace has a digest that says whether it was.
 */
import { uidSeries } from '../../schema/ids.ts';
import { parseTopic } from '../../schema/mqtt/topics.ts';
import type { InstanceRecord } from '../app/records/instances.ts';
import { Agent } from './agent.ts';
import { Life, OPERATOR } from './control-plane.ts';
import { drawFaults, type Due } from './faults.ts';
import { Watch, type Bounds } from './invariants.ts';
import { Ledger } from './ledger.ts';
import { Trace } from './load.ts';
import { Machine } from './machine.ts';
import { MemoryDatabase } from './memory-store.ts';
import { Network } from './network.ts';
import { randomOf, whole, type Random } from './random.ts';
import { unrest } from './rest.ts';
import { RunTrace } from './run-trace.ts';
import {
  ALIASES,
  APPLICATION,
  CALM,
  drawBounds,
  drawWeather,
  EPOCH,
  furnish,
  manifestsOf,
  TENANT,
} from './scenario.ts';
import { Strikes } from './strikes.ts';
import { VirtualTime } from './time.ts';

export interface RunOptions {
  readonly seed: number;
  /** Seconds in which things go wrong. */
  readonly seconds: number;
  /** Seconds after them, in which everything has to come to rest. */
  readonly quietSeconds: number;
  /** Instances of each of the three service clusters at least; drawn if absent. */
  readonly instances?: number;
  /** Nothing goes wrong: for measuring. */
  readonly isCalm?: boolean;
  /** These faults in place of those that the seed draws. */
  readonly faults?: readonly Due[];
  /** False: nobody compares fencing numbers, to see that the rules notice it. */
  readonly isFenced?: boolean;
}

export interface RunResult {
  readonly seed: number;
  /** SHA-256 (hex) of the trace. */
  readonly digest: string;
  readonly events: number;
  readonly decisions: number;
  readonly simulatedSeconds: number;
  /** What went wrong on purpose, in order. */
  readonly faults: readonly string[];
  /** Null: every rule held at every step. */
  readonly failure: { readonly rule: string; readonly detail: string; readonly atSeconds: number } | null;
  /** The last lines of the trace. */
  readonly tail: readonly string[];
}

class RuleBroken extends Error {
  readonly rule: string;

  constructor(rule: string, detail: string) {
    super(detail);
    this.rule = rule;
  }
}

const REST_ATTEMPTS = 17;
const REST_EVERY_MILLISECONDS = 10_000;
const ROOM = 60;

export async function run(options: RunOptions): Promise<RunResult> {
  const world = new World(options);
  return world.run();
}

class World {
  readonly #options: RunOptions;
  readonly #time = new VirtualTime();
  readonly #random: Random;
  readonly #database = new MemoryDatabase();
  readonly #network: Network;
  readonly #machine: Machine;
  readonly #agents = new Map<string, Agent>();
  readonly #rates: ReadonlyMap<string, Trace>;
  readonly #bounds: ReadonlyMap<string, Bounds>;
  readonly #watch: Watch;
  readonly #trace = new RunTrace(this.#time);
  readonly #ledger = new Ledger(this.#database, this.#agents);
  readonly #faults: string[] = [];
  readonly #bad = new Set<string>();
  readonly #newUid: (now: number) => string;
  readonly #newSession: () => string;
  #life: Life | null = null;
  #lives = 0;
  #checkedEvents = 0;
  #broken: RuleBroken | null = null;

  constructor(options: RunOptions) {
    const { seed, seconds, isCalm = false } = options;
    this.#options = options;
    this.#random = randomOf(seed, 1);
    const draw = randomOf(seed, 2);
    this.#newUid = uidSeries(randomOf(seed, 3));
    const sessions = uidSeries(randomOf(seed, 4));
    const sessionRandom = randomOf(seed, 5);
    // Agents' clocks show any time: nothing depends on them.
    this.#newSession = () =>
      sessions(EPOCH + Math.floor(this.#time.now) + whole(sessionRandom, -1e9, 1e9) * (isCalm ? 0 : 1));
    this.#network = new Network(this.#time, randomOf(seed, 6), isCalm ? CALM : drawWeather(draw));
    this.#bounds = drawBounds(draw, options.instances);
    this.#rates = new Map(
      ALIASES.map((alias) => [alias, new Trace(draw, 60 * this.#bounds.get(alias)!.minimum, seconds)]),
    );
    this.#machine = new Machine({
      time: this.#time,
      random: randomOf(seed, 7),
      room: ROOM,
      boot: (request, ports) => {
        const agent = new Agent({
          time: this.#time,
          network: this.#network,
          random: this.#random,
          newSession: this.#newSession,
          request,
          ports,
          rate: (_, alias) => this.#rates.get(alias)?.at(this.#time.now / 1000) ?? 0,
          serves: (instance) => {
            const found = this.#agents.get(instance);
            return found !== undefined && found.program.isRunning && found.state === 'active';
          },
          isBad: (release) => this.#bad.has(release),
          onEnd: (detail) => {
            this.#ledger.count(agent);
            this.#machine.gone(agent.key.instance, detail);
            this.#agents.delete(agent.key.instance);
          },
        });
        this.#agents.set(agent.key.instance, agent);
        return {
          end: (detail) => agent.end(detail),
          askToEnd: (graceMilliseconds, ended) => agent.askToEnd(graceMilliseconds, ended),
        };
      },
      onEffect: (holder, effect, instance) => {
        this.#trace.note(`${effect} ${instance} by ${holder}`);
        this.#watch.effect(holder, effect, instance);
      },
    });
    this.#watch = new Watch({
      time: this.#time,
      database: this.#database,
      machine: this.#machine,
      agents: this.#agents,
      bounds: (alias) => this.#bounds.get(alias)!,
      holder: () => this.#life,
      fail: (rule, detail) => this.#fail(rule, detail),
    });
    this.#database.onCommit = (change, events) => this.#committed(change, events);
  }

  async run(): Promise<RunResult> {
    const { seed, seconds, quietSeconds, isCalm = false } = this.#options;
    furnish(this.#database, this.#newUid);
    try {
      await this.#begin();
      this.#time.after(500, () => this.#ask('apply', () => this.#apply({})));
      if (!isCalm) this.#strikeLater();
      this.#time.at(seconds * 1000, () => this.#calmDown());
      await this.#time.run((seconds + quietSeconds) * 1000, () => this.#settled());
      if (!isCalm) await this.#comeToRest();
    } catch (error) {
      if (!(error instanceof RuleBroken)) throw error;
      this.#broken = error;
    }
    this.#life?.program.kill();
    return {
      seed,
      digest: this.#trace.digest(),
      events: this.#trace.events,
      decisions: this.#database.all('decisions').size,
      simulatedSeconds: this.#time.now / 1000,
      faults: this.#faults,
      failure:
        this.#broken === null
          ? null
          : { rule: this.#broken.rule, detail: this.#broken.message, atSeconds: this.#time.now / 1000 },
      tail: this.#trace.tail,
    };
  }

  #strikeLater(): void {
    const { seed, seconds, faults } = this.#options;
    const random = randomOf(seed, 8);
    const strikes = new Strikes({
      time: this.#time,
      network: this.#network,
      database: this.#database,
      agents: this.#agents,
      watch: this.#watch,
      random,
      application: { tenant: TENANT, application: APPLICATION, aliases: ALIASES },
      bounds: (alias) => this.#bounds.get(alias)!,
      life: () => this.#life,
      begin: () => void this.#begin(),
      beginAfter: (after) => this.#beginAfter(after),
      ask: (what, work) => this.#ask(what, work),
      apply: (environment) => this.#apply(environment),
      bad: this.#bad,
    });
    for (const { at, fault } of faults ?? drawFaults(random, 20_000, seconds * 1000))
      this.#time.at(at, () => {
        this.#faults.push(`${(this.#time.now / 1000).toFixed(1)} s: ${JSON.stringify(fault)}`);
        this.#trace.note(`fault ${fault.kind}`);
        strikes.carryOut(fault);
      });
  }

  /** One broken rule is enough; it is thrown where the run notices, also when the app has caught it. */
  #fail(rule: string, detail: string): never {
    this.#broken ??= new RuleBroken(rule, detail);
    throw this.#broken;
  }

  #settled(): void {
    if (this.#broken !== null) throw this.#broken;
    this.#watch.checkVerdicts();
    if (this.#trace.events === this.#checkedEvents) return;
    this.#checkedEvents = this.#trace.events;
    this.#watch.check();
  }

  #apply(environment: Record<string, string>): Promise<unknown> {
    const manifests = manifestsOf(this.#bounds, environment);
    return this.#life!.core.useCases.mutations.apply(OPERATOR, { manifests });
  }

  /** What people ask for, again until a control plane has taken it. */
  #ask(what: string, work: () => Promise<unknown>, attempts = 40): void {
    const again = (): void => {
      if (attempts > 0) this.#time.after(1000, () => this.#ask(what, work, attempts - 1));
    };
    const life = this.#life;
    if (life === null || !life.program.isRunning) return again();
    let isAnswered = false;
    const answered = (): void => {
      isAnswered = true;
    };
    life.core
      .ready()
      .then(work)
      .then(
        () => {
          this.#trace.note(`asked ${what}`);
          answered();
        },
        () => {
          answered();
          again();
        },
      );
    // Of one that was killed no answer comes.
    this.#time.after(15_000, () => {
      if (!isAnswered && life.program.isKilled) again();
    });
  }

  async #begin(): Promise<void> {
    this.#lives += 1;
    const random = randomOf(this.#options.seed, 100 + this.#lives);
    this.#life = await Life.begin({
      time: this.#time,
      epoch: EPOCH,
      database: this.#database,
      network: this.#network,
      machine: this.#machine,
      random,
      newUid: this.#newUid,
      skew: this.#options.isCalm === true ? 0 : whole(random, -2000, 2000),
      isFenced: this.#options.isFenced ?? true,
      onFault: (error, what) => {
        if (error instanceof RuleBroken) this.#broken ??= error;
        else
          this.#broken ??= new RuleBroken('no fault of its own', `${what}: ${(error as Error).stack ?? String(error)}`);
      },
      onMessage: (life, topic) => this.#message(life, topic),
    });
    this.#trace.note(`control plane ${this.#life.fence} begins`);
    this.#watch.outageOver();
    this.#life.start();
  }

  #beginAfter(seconds: number): void {
    this.#time.after(seconds * 1000, () => {
      if (this.#life === null || this.#life.program.isKilled) void this.#begin();
    });
  }

  #message(life: Life, topic: string): void {
    const parsed = parseTopic(topic);
    if (parsed?.kind !== 'instance' || life !== this.#life) return;
    const { instance, application, alias } = parsed.key;
    this.#trace.note(`heard ${instance} ${parsed.leaf}`);
    const agent = this.#agents.get(instance);
    const isWill = parsed.leaf === 'status' && (agent === undefined || !agent.client.isConnected);
    this.#watch.heard(instance, isWill ? 'will' : parsed.leaf, application, alias);
    if (parsed.leaf === 'demand') for (const other of ALIASES) this.#watch.demand(`${application}/${other}`);
  }

  #committed(
    change: Parameters<MemoryDatabase['onCommit']>[0],
    events: Parameters<MemoryDatabase['onCommit']>[1],
  ): void {
    for (const [table, rows] of change)
      for (const [uid, row] of rows) {
        this.#trace.note(`${row === null ? 'delete' : 'save'} ${table} ${uid}`);
        if (table !== 'instances' || row === null) continue;
        const { state, unreachable } = row as InstanceRecord;
        this.#trace.note(`instance ${uid} ${state}${unreachable ? ' unreachable' : ''}`);
      }
    if (change.has('usage')) this.#ledger.check(this.#watch);
    for (const { type, subject, data, cause } of events) {
      this.#trace.note(`event ${type} ${subject.name}`);
      if (type !== 'cluster.scaled') continue;
      const decision = this.#database.all('decisions').get(cause!);
      if (decision === undefined) this.#fail('desired state whole', `${subject.name} is scaled without a decision`);
      const { from, to } = data as { from: number; to: number };
      const isByHand = decision.input?.override !== null;
      this.#watch.scaled(subject.name, from, to, isByHand);
    }
  }

  /** The weather clears up; what is still broken is mended. */
  #calmDown(): void {
    this.#trace.note('calm');
    this.#network.weather = CALM;
    this.#database.isLocked = false;
    if (this.#life === null || this.#life.program.isKilled) this.#beginAfter(1);
  }

  #unrest(): string | null {
    const minimum = (alias: string): number => this.#bounds.get(alias)!.minimum;
    return unrest({ database: this.#database, machine: this.#machine, agents: this.#agents, minimum });
  }

  /** Load that is steady still makes the autoscaler act now and then: one moment of rest is enough, if it comes. */
  async #comeToRest(): Promise<void> {
    for (let attempt = 0; attempt < REST_ATTEMPTS; attempt += 1) {
      if (this.#unrest() === null) break;
      await this.#time.run(this.#time.now + REST_EVERY_MILLISECONDS, () => this.#settled());
    }
    const unrest = this.#unrest();
    if (unrest !== null) this.#fail('comes to rest', unrest);
    this.#ledger.check(this.#watch);
  }
}
