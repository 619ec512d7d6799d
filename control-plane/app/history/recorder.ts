/**
 * Records the demand history of every service cluster: what its windows say of each second, once late reports have settled, into
 * the open block of the finest tier; a block that is full is rolled up into the coarser ones.
 *
 * What is stored is never more than a minute behind, so a crash costs at most that; nothing waits for a write.
 */
import type { Logger } from 'pino';
import { encodeBlock, unknownColumn, type Block } from '../../domain/history/block.ts';
import { demandOf, DEMAND } from '../../domain/history/demand.ts';
import { blockStart, pointsOf, TIERS } from '../../domain/history/tiers.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { HistoryStore } from './store.ts';

const [FINEST] = TIERS;
/** Reports of a second still come for this long after it. */
const SETTLE_SECONDS = 3;
/** Seconds that are read from the windows, and counted, each time, so that a pause of the recorder leaves no hole. */
const READ_SECONDS = 30;
const TICK_MILLISECONDS = 1000;
const STORE_EVERY_SECONDS = 60;

/** Of the block before the open one, so many seconds stay in memory: enough for {@link HistoryRecorder.recent} at any time. */
export const RECENT_SECONDS = 300;

/** Series beside the factors: how many instances there were. */
const INSTANCE_SERIES = ['instances.active', 'instances.starting', 'instances.wanted'] as const;
/** Always recorded where a load balancer reports, whether or not they are factors of the policy. */
const BALANCER_SERIES = ['requestsInFlight', 'requestsPerSecond'] as const;

interface OpenBlock {
  readonly from: number;
  readonly columns: Map<string, Float32Array>;
}

interface Recording {
  open: OpenBlock | null;
  /** The end of the block before it. */
  past: OpenBlock | null;
  /** Newest second that was recorded. */
  settled: number;
  /** Numbers of instances of the seconds that have not settled yet, oldest first. */
  counts: { readonly second: number; readonly values: readonly number[] }[];
  storedAt: number;
  /** Whether what an earlier control plane stored of the open block has been taken over. */
  isLoaded: boolean;
  writing: Promise<void>;
}

export interface HistoryRecorderOptions {
  readonly fleet: Fleet;
  readonly store: HistoryStore;
  readonly logger: Logger;
  readonly clock: Clock;
}

export class HistoryRecorder {
  readonly #options: HistoryRecorderOptions;
  readonly #recordings = new WeakMap<ClusterState, Recording>();
  #timer: Timer | null = null;

  constructor(options: HistoryRecorderOptions) {
    this.#options = options;
  }

  /** Rolls up what an earlier control plane left, before it grows too old to be kept. */
  async restore(): Promise<void> {
    for (const cluster of this.#options.fleet.clusters()) {
      const recording = this.#recording(cluster);
      this.#write(cluster, recording, () => this.#options.store.catchUp(cluster, this.#options.clock.now()));
      await recording.writing;
    }
  }

  start(): void {
    this.#timer ??= this.#options.clock.setInterval(() => this.tick(), TICK_MILLISECONDS);
  }

  /** Stores what is open. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    for (const cluster of this.#options.fleet.clusters()) this.#storeOpen(cluster, this.#recording(cluster));
    await this.settle();
  }

  /** Resolves when everything that was begun to be stored is, or has failed. */
  async settle(): Promise<void> {
    await Promise.all([...this.#options.fleet.clusters()].map((cluster) => this.#recording(cluster).writing));
  }

  /** Takes what the last second brought; to be called about once a second. */
  tick(): void {
    for (const cluster of this.#options.fleet.clusters()) this.#record(cluster);
  }

  /** The block that is being filled; `undefined` before the first second. */
  open(cluster: ClusterState): { readonly from: number; readonly block: Block } | undefined {
    const { open } = this.#recording(cluster);
    return open === null ? undefined : { from: open.from, block: { columns: open.columns, points: pointsOf(FINEST) } };
  }

  /**
   * What is known of a series in the last seconds, at most {@link RECENT_SECONDS}, without asking the store; `undefined` before anything is recorded.
   * NaN where nothing is known. `from` is the first of the seconds since the epoch.
   */
  recent(
    cluster: ClusterState,
    name: string,
    seconds: number,
  ): { readonly from: number; readonly values: Float32Array } | undefined {
    const { open, past, settled } = this.#recording(cluster);
    if (open === null || !Number.isFinite(settled)) return undefined;
    const length = Math.min(seconds, RECENT_SECONDS);
    const from = settled - length + 1;
    const values = unknownColumn(length);
    for (const part of past === null ? [open] : [past, open]) {
      const column = part.columns.get(name);
      if (column === undefined) continue;
      const offset = part.from - from;
      for (let index = Math.max(0, -offset); index < column.length && index + offset < length; index += 1)
        values[index + offset] = column[index]!;
    }
    return { from, values };
  }

  #recording(cluster: ClusterState): Recording {
    let recording = this.#recordings.get(cluster);
    if (recording === undefined) {
      const nothing = Number.NEGATIVE_INFINITY;
      recording = {
        open: null,
        past: null,
        settled: nothing,
        counts: [],
        storedAt: nothing,
        isLoaded: false,
        writing: Promise.resolve(),
      };
      this.#recordings.set(cluster, recording);
    }
    return recording;
  }

  #record(cluster: ClusterState): void {
    const now = this.#options.clock.now();
    const second = Math.floor(now / 1000);
    const recording = this.#recording(cluster);
    // The clock was set back: what follows belongs to seconds that have been recorded, and wins.
    if (recording.settled > second) recording.settled = second - SETTLE_SECONDS - 1;
    const last = second - SETTLE_SECONDS;
    this.#begin(cluster, recording, last);
    for (const name of namesOf(cluster)) {
      for (const { second: at, total } of cluster.windows.read(name, now, READ_SECONDS, 0).window) {
        if (at <= recording.settled || at > last) continue;
        put(recording, at, name, total);
        const demand = name === 'requestsPerSecond' ? demandOf(total, cluster.windows.serviceSeconds) : undefined;
        if (demand !== undefined) put(recording, at, DEMAND, demand);
      }
    }
    countUntil(recording, second, countsOf(cluster));
    for (const { second: at, values } of recording.counts)
      if (at <= last) for (const [index, name] of INSTANCE_SERIES.entries()) put(recording, at, name, values[index]!);
    recording.counts = recording.counts.filter(({ second: at }) => at > last && at <= second);
    recording.settled = Math.max(recording.settled, last);
    if (second - recording.storedAt >= STORE_EVERY_SECONDS) this.#storeOpen(cluster, recording);
  }

  /** Opens the block that this second lies in; the one before is complete, since nothing older settles any more. */
  #begin(cluster: ClusterState, recording: Recording, second: number): void {
    const from = blockStart(FINEST, second);
    const { open } = recording;
    if (open !== null && open.from === from) return;
    if (open !== null) {
      this.#storeOpen(cluster, recording);
      this.#write(cluster, recording, () => this.#options.store.rollUp(cluster, open.from));
    }
    recording.past = open === null ? null : tailOf(open);
    recording.open = { from, columns: new Map() };
    // Spread over the minute, so that not all service clusters are stored in the same second.
    if (recording.storedAt === Number.NEGATIVE_INFINITY)
      recording.storedAt = second - Math.floor(phaseOf(cluster.record.uid) * STORE_EVERY_SECONDS);
    if (recording.isLoaded) return;
    recording.isLoaded = true;
    const opened = recording.open;
    this.#write(cluster, recording, async () => {
      const stored = await this.#options.store.load(cluster.record.uid, FINEST, from);
      if (stored !== undefined) takeOver(opened, stored);
    });
  }

  #storeOpen(cluster: ClusterState, recording: Recording): void {
    const { open } = recording;
    if (open === null || open.columns.size === 0) return;
    recording.storedAt = Math.floor(this.#options.clock.now() / 1000);
    this.#write(cluster, recording, () =>
      this.#options.store.save(
        cluster,
        FINEST,
        open.from,
        encodeBlock({ columns: open.columns, points: pointsOf(FINEST) }),
      ),
    );
  }

  /** One after another for each service cluster. What fails is told; the next store of the block holds it again. */
  #write(cluster: ClusterState, recording: Recording, work: () => Promise<void>): void {
    recording.writing = recording.writing
      .then(work)
      .catch((error: unknown) =>
        this.#options.logger.warn(
          { cluster: cluster.keyText, error: (error as Error).message },
          'demand history could not be stored; the next attempt is in a minute',
        ),
      );
  }
}

/** A tick that comes late by a second or more counts for the seconds that had none. */
function countUntil({ counts }: Recording, second: number, values: readonly number[]): void {
  const counted = counts.at(-1)?.second ?? second - 1;
  for (let at = Math.max(counted + 1, second - READ_SECONDS); at < second; at += 1) counts.push({ second: at, values });
  counts.push({ second, values });
}

function namesOf(cluster: ClusterState): Set<string> {
  return new Set([...BALANCER_SERIES, ...cluster.plan.effective.factors.map(({ name }) => name)]);
}

function countsOf(cluster: ClusterState): readonly [number, number, number] {
  let active = 0;
  let starting = 0;
  for (const { record } of cluster.live()) {
    if (record.state === 'active') active += 1;
    else if (['created', 'initialized', 'starting'].includes(record.state)) starting += 1;
  }
  return [active, starting, cluster.record.wanted];
}

function put({ open }: Recording, second: number, name: string, value: number): void {
  const index = open === null ? -1 : second - open.from;
  if (open === null || index < 0 || index >= pointsOf(FINEST)) return;
  let column = open.columns.get(name);
  if (column === undefined) {
    column = unknownColumn(pointsOf(FINEST));
    open.columns.set(name, column);
  }
  column[index] = value;
}

function tailOf({ from, columns }: OpenBlock): OpenBlock {
  const skipped = pointsOf(FINEST) - RECENT_SECONDS;
  return {
    from: from + skipped,
    columns: new Map([...columns].map(([name, column]) => [name, column.slice(skipped)])),
  };
}

/** What was stored fills what is not known better. */
function takeOver(open: OpenBlock, stored: Block): void {
  for (const [name, values] of stored.columns) {
    const column = open.columns.get(name);
    if (column === undefined) open.columns.set(name, values.slice());
    else for (const [index, value] of values.entries()) if (Number.isNaN(column[index]!)) column[index] = value;
  }
}

/** A number in [0, 1) that stays the same for a uid. */
function phaseOf(uid: string): number {
  let hash = 0;
  for (const character of uid) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  return hash / 2 ** 32;
}
