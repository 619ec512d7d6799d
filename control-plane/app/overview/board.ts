/**
 * The overview of all service clusters, looked at once a second while anybody follows it, and soon after something has happened: each
 * service cluster once for all who see it, from what is in memory.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { narrowed } from '../access.ts';
import { requireApplication } from '../ask/scope.ts';
import { pause } from '../back-off.ts';
import type { GitPoller } from '../deploy/git-poller.ts';
import type { EventRecorder } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { inFlightOf } from '../fleet/in-flight.ts';
import type { HistoryRecorder } from '../history/recorder.ts';
import type { HostPlaces } from '../placement/host-places.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Principal } from '../principal.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { Freeze } from '../reconcile/freeze.ts';
import type { OverviewEntry } from './entry.ts';
import { instancesOf, type Whereabouts } from './instances.ts';
import type { Surroundings } from './condition.ts';
import { observeEntry } from './observe-entry.ts';
import { recentDemand } from './recent.ts';
import type { OverviewApplication, OverviewFeeds, OverviewItem } from './use-cases.ts';
import { Turns } from './turns.ts';
import { OverviewView, type Seen } from './view.ts';

const LOOK_EVERY_MILLISECONDS = 1000;
/** From what happens to the look at it: what comes together is seen together, and what is stored is in memory by then. */
const SOON_MILLISECONDS = 100;
/** Looks that events bring take at most one part in so many of the time. */
const REST_OF_A_LOOK = 9;
/** Entries that are told in one turn of the event loop: some milliseconds, most of them for handing texts to sockets. */
const ENTRIES_A_TURN = 2000;

export interface OverviewBoardOptions {
  readonly fleet: Fleet;
  readonly freeze: Pick<Freeze, 'current'>;
  readonly hosts: Pick<HostPlaces, 'all'>;
  readonly events: Pick<EventRecorder, 'appended'>;
  readonly poller: Pick<GitPoller, 'check'>;
  readonly history: Pick<HistoryRecorder, 'recent'>;
  readonly logger: Pick<Logger, 'error'>;
  readonly clock: Clock;
}

/** Absent: all of them. */
interface Scope {
  readonly tenant?: string;
  readonly application?: string;
}

/** What is the same for everybody in one look. */
interface Look extends Surroundings {
  readonly hosts: Whereabouts['hosts'];
}

export class OverviewBoard implements OverviewFeeds {
  readonly #options: OverviewBoardOptions;
  readonly #views = new Map<string, { readonly scope: Scope; readonly view: OverviewView }>();
  /** Of what anybody sees, as it was looked at last; by uid. */
  #entries: ReadonlyMap<string, OverviewEntry> = new Map();
  #applications: ReadonlyMap<string, OverviewApplication> = new Map();
  readonly #turns: Turns;
  #timer: Timer | null = null;
  #watch: AbortController | null = null;

  constructor(options: OverviewBoardOptions) {
    this.#options = options;
    this.#turns = new Turns(options.clock, ENTRIES_A_TURN);
  }

  /** How many different things are being followed. */
  get views(): number {
    return this.#views.size;
  }

  overview(
    principal: Principal,
    { tenant, application }: { readonly tenant?: string | null; readonly application?: string | null },
    signal: AbortSignal,
  ): AsyncIterable<OverviewItem> {
    if (application === undefined || application === null)
      return this.#follow(narrowed(principal, tenant, 'viewer'), signal);
    const found = requireApplication(this.#options.fleet, principal, tenant, application, 'viewer');
    return this.#follow({ tenant: found.tenant, application: found.name }, signal);
  }

  close(): void {
    this.#stop();
    this.#turns.close();
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#watch?.abort();
    this.#watch = null;
  }

  #start(): void {
    if (this.#timer !== null) return;
    this.#timer = this.#options.clock.setInterval(() => this.#tick(), LOOK_EVERY_MILLISECONDS);
    this.#watch = new AbortController();
    void this.#lookAfterEvents(this.#watch.signal);
  }

  /** Never rejects. Ends when `signal` aborts. */
  async #lookAfterEvents(signal: AbortSignal): Promise<void> {
    const { events, clock } = this.#options;
    const wait = (milliseconds: number): Promise<void> => pause(clock, milliseconds, signal).catch(() => undefined);
    while (!signal.aborted) {
      await events.appended.after(events.appended.version, signal);
      await wait(SOON_MILLISECONDS);
      if (signal.aborted) return;
      const began = clock.monotonic();
      this.#tick();
      await wait(REST_OF_A_LOOK * (clock.monotonic() - began));
    }
  }

  async *#follow(scope: Scope, signal: AbortSignal): AsyncGenerator<OverviewItem> {
    const key = JSON.stringify([scope.tenant ?? null, scope.application ?? null]);
    const view = this.#enter(key, scope);
    try {
      let seen: number | null = null;
      while (!signal.aborted) {
        const { version }: OverviewView['changed'] = view.changed;
        if (version !== seen) {
          const item = view.since(seen);
          await this.#turns.take(1 + item.changed.length);
          if (!signal.aborted) yield item;
        }
        seen = version;
        await view.changed.after(version, signal);
      }
    } finally {
      this.#leave(key, view);
    }
  }

  #enter(key: string, scope: Scope): OverviewView {
    const known = this.#views.get(key)?.view;
    const view = known ?? new OverviewView((entry) => this.#recentOf(entry));
    view.readers += 1;
    if (known === undefined) {
      this.#views.set(key, { scope, view });
      try {
        this.#begin(scope, view);
      } catch (error) {
        this.#leave(key, view);
        throw error;
      }
    }
    this.#start();
    return view;
  }

  /** What others see already is not looked at once more: that many come at once costs little. */
  #begin(scope: Scope, view: OverviewView): void {
    const look = this.#look();
    this.#observe(look, (cluster) => this.#entries.get(cluster.record.uid) ?? this.#entryOf(cluster, look));
    this.#tell(scope, view, look);
  }

  #leave(key: string, view: OverviewView): void {
    view.readers -= 1;
    if (view.readers > 0) return;
    this.#views.delete(key);
    if (this.#views.size > 0) return;
    this.#stop();
    this.#entries = new Map();
    this.#applications = new Map();
  }

  #tick(): void {
    try {
      const look = this.#look();
      this.#observe(look, (cluster) => this.#entryOf(cluster, look));
      for (const { scope, view } of this.#views.values()) if (view.isDue(look.now)) this.#tell(scope, view, look);
    } catch (error) {
      this.#options.logger.error({ error }, 'the overview could not be looked at; it is tried again in a second');
    }
  }

  #look(): Look {
    const { fleet, freeze, hosts, poller, clock } = this.#options;
    const places = hosts.all();
    return {
      now: clock.now(),
      frozen: freeze.current() !== null,
      hosts: new Map(places.map(({ name, status }) => [name, status])),
      silentHosts: new Set(places.flatMap(({ name, status }) => (status === 'unreachable' ? [name] : []))),
      blockedOf: (uid) => fleet.blocked.get(uid),
      sourceProblemOf: (cluster) => poller.check(cluster).problem?.message ?? null,
    };
  }

  #entryOf(cluster: ClusterState, look: Look): OverviewEntry {
    return observeEntry(cluster, look, this.#entries.get(cluster.record.uid));
  }

  /** Everything that is in anybody's sight. */
  #observe(look: Look, entryOf: (cluster: ClusterState) => OverviewEntry): void {
    const { fleet } = this.#options;
    const tenants = new Set([...this.#views.values()].map(({ scope }) => scope.tenant));
    const isSeen = (tenant: string): boolean => tenants.has(undefined) || tenants.has(tenant);
    const entries: [string, OverviewEntry][] = [];
    for (const cluster of fleet.clusters())
      if (isSeen(cluster.record.tenant)) entries.push([cluster.record.uid, entryOf(cluster)]);
    const applications: [string, OverviewApplication][] = [];
    for (const record of fleet.applications.values())
      if (isSeen(record.tenant)) applications.push([record.uid, this.#applicationOf(record, look)]);
    this.#entries = new Map(entries.sort(([, a], [, b]) => compare(a, b)));
    this.#applications = new Map(applications);
  }

  #applicationOf(
    { uid, tenant, name, generation, createdAt, deletingSince }: ApplicationRecord,
    look: Look,
  ): OverviewApplication {
    const blocked = look.blockedOf(uid) ?? null;
    const application = { uid, tenant, name, generation, createdAt, deletingSince, blocked };
    const shown = this.#applications.get(uid);
    return shown !== undefined && isDeepStrictEqual(shown, application) ? shown : application;
  }

  #tell(scope: Scope, view: OverviewView, look: Look): void {
    const isIn = (tenant: string, application: string): boolean =>
      (scope.tenant === undefined || scope.tenant === tenant) &&
      (scope.application === undefined || scope.application === application);
    const entries = [...this.#entries.values()].filter((entry) => isIn(entry.tenant, entry.applicationName));
    const seen: Seen = {
      at: look.now,
      entries: scope.application === undefined ? entries : this.#withInstances(entries, view, look),
      applications: [...this.#applications.values()].filter(({ tenant, name }) => isIn(tenant, name)),
    };
    view.update(seen);
  }

  #withInstances(
    entries: readonly OverviewEntry[],
    view: OverviewView,
    { now, hosts }: Look,
  ): readonly OverviewEntry[] {
    const { fleet } = this.#options;
    const inFlight = new Map<string, Whereabouts['inFlight']>();
    return entries.map((entry) => {
      const cluster = fleet.cluster(entry.uid);
      if (cluster === undefined) return entry;
      const { applicationUid } = entry;
      if (!inFlight.has(applicationUid)) inFlight.set(applicationUid, inFlightOf(fleet, applicationUid));
      const shown = view.entry(entry.uid);
      const whereabouts = { now, hosts, inFlight: inFlight.get(applicationUid)! };
      const instances = instancesOf(cluster, whereabouts, shown?.instances ?? null);
      const isSame =
        shown !== undefined && shown.instances === instances && isDeepStrictEqual(entry, { ...shown, instances: null });
      return isSame ? shown : { ...entry, instances };
    });
  }

  #recentOf(entry: OverviewEntry): ReturnType<typeof recentDemand> {
    const cluster = this.#options.fleet.cluster(entry.uid);
    if (cluster === undefined || entry.factor === null) return null;
    return recentDemand(this.#options.history, cluster, entry.factor);
  }
}

/** By tenant, application and alias, in the order of their code units: the same everywhere. */
function compare(a: OverviewEntry, b: OverviewEntry): number {
  return order(a.tenant, b.tenant) || order(a.applicationName, b.applicationName) || order(a.alias, b.alias);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
