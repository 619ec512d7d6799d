/** What has to be true at every step of a run, whatever goes wrong. Looked at from outside: the app does not know of it. */
import type { InstanceRecord } from '../app/records/instances.ts';
import type { Agent } from './agent.ts';
import type { Life } from './control-plane.ts';
import type { Machine } from './machine.ts';
import type { MemoryDatabase } from './memory-store.ts';
import type { VirtualTime } from './time.ts';

export interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
}

export interface WatchOptions {
  readonly time: VirtualTime;
  readonly database: MemoryDatabase;
  readonly machine: Machine;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly bounds: (alias: string) => Bounds;
  readonly holder: () => Life | null;
  readonly fail: (rule: string, detail: string) => never;
}

/** A little less than the app's: its clock shows whole milliseconds. */
const SILENT_MILLISECONDS = 11_990;
const GRACE_MILLISECONDS = 59_990;
/** Who falls silent within so long of each other falls silent together. */
const TOGETHER_MILLISECONDS = 10_000;
/** Longest time that the demand may be unknown before a scale-down: three report intervals, and what a message takes. */
const STALE_MILLISECONDS = 15_000;
/** After a start the windows have to be full first; a little less, as the clock shows whole milliseconds. */
const WINDOW_MILLISECONDS = 59_990;

export class Watch {
  readonly #options: WatchOptions;
  /** When something of an instance last came to the present holder. */
  readonly #heardAt = new Map<string, number>();
  /** Wills that came to the present holder. */
  readonly #willAt = new Map<string, number>();
  /** When anything about a service cluster's demand last came to the present holder. */
  readonly #demandAt = new Map<string, number>();
  /** The end of the last outage of the platform's own. */
  #wellSince = 0;
  #clockSetAt = -Infinity;
  #unnoticed = 0;
  /** Which were cut off with an instance and still are, and how many were active then. */
  readonly #cut = new Map<string, { readonly together: Set<string>; readonly active: number }>();
  #saidBy: Life | null = null;
  readonly #said = new Map<string, InstanceRecord>();
  readonly #everStarted = new Set<string>();

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** The platform can hear again from now on: a broker that is back, a control plane that begins or goes on, a clock that was set. */
  outageOver(): void {
    this.#wellSince = this.#options.time.now;
  }

  /** `unnoticed`: milliseconds by which the app takes silence for longer, or shorter, than it is. */
  clockSet(unnoticed: number): void {
    this.#unnoticed += unnoticed;
    this.#clockSetAt = this.#options.time.now;
  }

  heard(instance: string, leaf: string, application: string, alias: string): void {
    const { now } = this.#options.time;
    if (leaf === 'will') this.#willAt.set(instance, now);
    else this.#heardAt.set(instance, now);
    if (leaf === 'stats') this.#demandAt.set(`${application}/${alias}`, now);
  }

  demand(key: string): void {
    this.#demandAt.set(key, this.#options.time.now);
  }

  /** A write to the provider. */
  effect(holder: number, effect: string, instance: string): void {
    const { database, fail } = this.#options;
    if (holder !== database.fence)
      fail('fencing', `${effect} ${instance} by ${holder}, while the holder is ${database.fence}`);
    if (effect !== 'create') return;
    if (this.#everStarted.has(instance)) fail('no instance twice', `${instance} is created again`);
    this.#everStarted.add(instance);
    if (!database.all('instances').has(instance)) fail('none forgotten', `${instance} is started without a record`);
  }

  /** Between two tasks, when nothing is under way that waits for no time. */
  check(): void {
    this.#checkInstances();
    this.#checkDesired();
  }

  /** What the present holder says of each instance, when it says it: the store may hear of it later. */
  checkVerdicts(): void {
    const life = this.#options.holder();
    if (life === null || !life.program.isRunning) return;
    // A new holder begins with what is stored, which the one before may have said a moment ago.
    if (life !== this.#saidBy) this.#said.clear();
    this.#saidBy = life;
    for (const cluster of life.core.fleet.clusters())
      for (const { record } of cluster.instances.values()) {
        const before = this.#said.get(record.uid);
        if (before === record) continue;
        this.#said.set(record.uid, record);
        if (before !== undefined) this.#verdict(before, record);
      }
  }

  #checkInstances(): void {
    const { database, machine, bounds, fail } = this.#options;
    const records = database.all('instances');
    const counts = new Map<string, number>();
    for (const [instance, { request, state, isLeaving }] of machine.running) {
      const record = records.get(instance);
      if (record === undefined) fail('none forgotten', `${instance} runs and has no record`);
      if (record?.state === 'terminated' && state === 'running')
        fail('none forgotten', `${instance} runs and its record is terminated`);
      if (state === 'gone' || isLeaving || record?.draining?.purpose === 'stop') continue;
      const { alias, cluster } = request.document;
      const count = (counts.get(cluster) ?? 0) + 1;
      counts.set(cluster, count);
      // One more where a roll-out needs it.
      if (count > bounds(alias).maximum + 1) fail('bounds', `${alias}: ${count} instances run`);
    }
  }

  #checkDesired(): void {
    const { database, bounds, fail } = this.#options;
    const releases = database.all('releases');
    for (const { alias, wanted, stableRelease, candidateRelease, applicationUid, uid } of database
      .all('clusters')
      .values()) {
      const { maximum } = bounds(alias);
      if (!(wanted >= 0 && wanted <= maximum)) fail('bounds', `${alias}: ${wanted} wanted, ${maximum} allowed`);
      for (const release of [stableRelease, candidateRelease])
        if (release !== null && releases.get(release)?.cluster !== uid)
          fail('desired state whole', `${alias}: its release ${release} is not there`);
      if (!database.all('applications').has(applicationUid))
        fail('desired state whole', `${alias}: without an application`);
    }
  }

  #verdict(before: InstanceRecord, after: InstanceRecord): void {
    if (after.unreachable && !before.unreachable && after.state !== 'terminated') this.#checkUnreachable(after.uid);
    if (after.state === before.state || after.state !== 'faulty') return;
    const code = after.reason?.code;
    if (code === 'process-gone') this.#checkGone(after.uid);
    if (code === 'silent' || code === 'never-heard') this.#checkSilent(after.uid);
  }

  #silentFor(instance: string): number {
    return this.#options.time.now - Math.max(this.#heardAt.get(instance) ?? 0, this.#wellSince) + this.#unnoticed;
  }

  #checkUnreachable(instance: string): void {
    const { fail, time } = this.#options;
    const will = this.#willAt.get(instance) ?? -Infinity;
    if (will >= this.#wellSince && time.now - will < 2 * SILENT_MILLISECONDS) return;
    if (this.#silentFor(instance) < SILENT_MILLISECONDS)
      fail(
        'alive, silent, gone',
        `${instance} is called unreachable after ${Math.round(this.#silentFor(instance))} ms of silence`,
      );
  }

  #checkGone(instance: string): void {
    const running = this.#options.machine.running.get(instance);
    if (running?.state === 'running' && !running.isLeaving)
      this.#options.fail('alive, silent, gone', `${instance} runs and is called gone`);
  }

  #checkSilent(instance: string): void {
    const { fail } = this.#options;
    if (this.#silentFor(instance) < GRACE_MILLISECONDS)
      fail(
        'alive, silent, gone',
        `${instance} is replaced after ${Math.round(this.#silentFor(instance))} ms of silence`,
      );
    const cut = this.#cut.get(instance);
    if (cut === undefined) return;
    const silent = [...cut.together].filter((one) => this.#silentFor(one) >= SILENT_MILLISECONDS).length;
    if (silent >= 3 && silent > cut.active / 2)
      fail('half the fleet', `${instance} is replaced, and ${silent} of ${cut.active} fell silent with it`);
  }

  /** Nothing is heard of these any more, though they run; `active`: instances that were active then, these included. */
  cutOff(instances: readonly string[], active: number): void {
    // Who was silent for longer already did not fall silent with the others.
    const { now } = this.#options.time;
    const fell = instances.filter((instance) => now - (this.#heardAt.get(instance) ?? now) <= TOGETHER_MILLISECONDS);
    const group = { together: new Set(fell), active };
    for (const instance of fell) this.#cut.set(instance, group);
  }

  mended(instances: readonly string[]): void {
    for (const instance of instances) {
      this.#cut.get(instance)?.together.delete(instance);
      this.#cut.delete(instance);
    }
  }

  /** A change of what is wanted, as it is stored with its decision. */
  scaled(key: string, from: number, to: number, isByHand: boolean): void {
    const { fail, time, holder } = this.#options;
    if (to >= from || isByHand) return;
    const age = time.now - (this.#demandAt.get(key) ?? -Infinity);
    if (age > STALE_MILLISECONDS + 12_000)
      fail('no scale-down on stale data', `${key}: ${from} → ${to}, and nothing was heard for ${Math.round(age)} ms`);
    const life = holder();
    // A clock that is set makes time pass that did not.
    if (life !== null && this.#clockSetAt < life.bornAt && time.now - life.bornAt < WINDOW_MILLISECONDS)
      fail(
        'no scale-down on stale data',
        `${key}: ${from} → ${to}, ${Math.round(time.now - life.bornAt)} ms after a start`,
      );
  }

  /** What is metered can be no more than what was counted. `counted`: what the agents counted in all, by service cluster. */
  metered(uid: string, metered: number, counted: number, what: string): void {
    if (metered > counted + 1e-6 * Math.max(1, counted))
      this.#options.fail('metering exact', `${uid}: ${metered} ${what} metered, ${counted} counted`);
  }
}
