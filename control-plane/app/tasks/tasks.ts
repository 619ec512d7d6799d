/**
 * One-off tasks: begins each once, follows it to its end, and records what became of it. What runs is the machine's: a control
 * plane that comes back adopts it, and one that was recorded and not begun is never begun later, since nobody waits for it.
 */
import type { Logger } from 'pino';
import { hashOf } from '../ask/authenticate.ts';
import { onItsOwn } from '../audit/scope.ts';
import { isOfTheMachine, startFailure } from '../errors.ts';
import type { EventRecorder } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { Signal } from '../fleet/signal.ts';
import { issueToken, randomToken, recoverToken } from '../instance-tokens.ts';
import type { Clock, NewUid, Timer } from '../ports/clock.ts';
import type { PlacementRequest } from '../ports/provider.ts';
import type { Store, Transaction } from '../ports/store.ts';
import type { ObservedTask, TaskProblem, TaskProvider, TaskRequest } from '../ports/tasks.ts';
import type { Vault } from '../ports/vault.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import type { TaskRecord } from '../records/tasks.ts';
import { neverStarted, outcomeOf, type TaskOutcome } from './outcome.ts';
import { taskDocument, taskHappening, type Surroundings } from './task-document.ts';

/** What a task gets to end after it was asked to; more than its agent gives the command. */
const STOP_GRACE_SECONDS = 12;
/** How long after its limit a task is ended by force, where its agent has not done so. */
const LATE_SECONDS = 30;
const LOOK_EVERY_MILLISECONDS = 5000;
/** Whatever keeps a task from beginning may pass by then: a node that is added, a registry that answers again. */
const STUCK_MILLISECONDS = 120_000;
/** How long the output of a task that has ended is kept for those who read it. */
const KEEP_OUTPUT_MILLISECONDS = 600_000;

export interface TasksOptions {
  readonly store: Store;
  readonly provider: TaskProvider;
  readonly events: EventRecorder;
  readonly assertHolder: () => Promise<void>;
  readonly brokers: readonly string[];
  readonly controlPlane: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly newUid: NewUid;
  readonly vault: Pick<Vault, 'derive'>;
  /** Where a task of the service cluster goes. Rejects where it can go nowhere now. */
  readonly placeFor: (cluster: ClusterState) => Promise<PlacementRequest>;
}

export interface TaskAsked {
  readonly kind: TaskRecord['kind'];
  /** Empty for a hook. */
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
  readonly by: string;
  /** Token or release that led to it. */
  readonly cause: string;
}

export interface BeginWith {
  readonly also?: (tx: Transaction, record: TaskRecord) => Promise<void>;
  readonly claim?: TaskClaim;
}

interface Running {
  record: TaskRecord;
  /** Memory that its cartridge declares for an instance, in bytes. */
  readonly memoryBytes: number;
  /** When it was first seen to have begun here: its limit counts from then. */
  begunAt: number | null;
  /** Since when it is seen not to begin, and why. */
  stuck: { readonly since: number; readonly problem: TaskProblem } | null;
  /** Its start is under way, and nothing is concluded from what is not there. */
  isLaunching: boolean;
}

/** Room that is taken for a task that is not begun yet; given back when it is disposed of. */
export interface TaskClaim extends Disposable {
  readonly tenant: string;
  readonly memoryBytes: number;
}

export class Tasks {
  readonly #options: TasksOptions;
  readonly #claims = new Set<TaskClaim>();
  readonly #running = new Map<string, Running>();
  /** When the output of a task that has ended may go. */
  readonly #kept = new Map<string, number>();
  readonly #looks = new Map<string, Promise<void>>();
  readonly #work = new Set<Promise<unknown>>();
  /** Notified whenever a task changes. */
  readonly changed = new Signal();
  #timer: Timer | null = null;
  #unlisten: (() => void) | null = null;

  constructor(options: TasksOptions) {
    this.#options = options;
  }

  /** What a tenant's tasks use while they run, or have a claim: each counts as an instance. */
  use(tenant: string): { readonly instances: number; readonly memoryBytes: number } {
    const running = [...this.#running.values()].filter(({ record }) => record.tenant === tenant);
    const claims = [...this.#claims].filter((claim) => claim.tenant === tenant);
    return { instances: running.length + claims.length, memoryBytes: memoryOf([...running, ...claims]) };
  }

  /** Counts as a task of the service cluster until it is disposed of, or begun. */
  claim({ record, plan }: ClusterState): TaskClaim {
    const claim: TaskClaim = {
      tenant: record.tenant,
      memoryBytes: plan.spec.resources.memoryBytes,
      [Symbol.dispose]: () => void this.#claims.delete(claim),
    };
    this.#claims.add(claim);
    return claim;
  }

  /** Memory of all claims, in bytes: the machine does not know of it yet. */
  get claimedBytes(): number {
    return memoryOf([...this.#claims]);
  }

  /** Tasks of a service cluster that have not ended. */
  of(cluster: string): TaskRecord[] {
    return [...this.#running.values()].map(({ record }) => record).filter((record) => record.cluster === cluster);
  }

  /**
   * Joins what is recorded with what the machine has. `memoryOf`: what the cartridge of a service cluster declares.
   * Nothing is begun here.
   */
  async restore(memoryOf: (cluster: string) => number): Promise<void> {
    const { store, provider, logger } = this.#options;
    const observed = new Map((await provider.list()).map((task) => [task.task, task]));
    const isUnseen = provider.unseen().length > 0;
    for (const record of await store.tasks.find({ state: ['starting', 'running'] })) {
      this.#running.set(record.uid, newlyRunning(record, memoryOf(record.cluster)));
      const seen = observed.get(record.uid);
      observed.delete(record.uid);
      // Where it is cannot be asked yet: it is looked at again and again.
      if (seen !== undefined || !isUnseen) await this.#settle(record.uid, seen);
    }
    for (const { task, state } of observed.values()) {
      const record = await store.tasks.get(task);
      this.#kept.set(task, this.#now + (record === undefined ? 0 : KEEP_OUTPUT_MILLISECONDS));
      if (record === undefined && state === 'running') logger.warn({ task }, 'a task without a record is ended');
    }
  }

  /** Begins to follow; to be called after {@link restore}. */
  start(): void {
    this.#unlisten ??= this.#options.provider.onChange((task) => void this.look(task));
    this.#timer ??= this.#options.clock.setInterval(() => this.#tick(), LOOK_EVERY_MILLISECONDS);
  }

  /**
   * Records a task, then begins it. Resolves with what was recorded; when it could not be begun it is recorded as failed.
   *
   * @param with.also done in the transaction that records it
   * @param with.claim becomes the task
   */
  async begin(
    cluster: ClusterState,
    release: ReleaseRecord,
    asked: TaskAsked,
    { also, claim }: BeginWith = {},
  ): Promise<TaskRecord> {
    const { store, events, newUid, assertHolder } = this.#options;
    const placement = await this.#options.placeFor(cluster);
    const { kind, command, timeoutSeconds, by } = asked;
    const { tenant, application, alias, uid } = cluster.record;
    const taskUid = newUid(this.#now);
    // What is told once comes from no key, so that whoever has read the keys has nothing of it.
    const token = this.#options.provider.asksForTokens ? issueToken(this.#options.vault, taskUid) : randomToken();
    const record: TaskRecord = {
      uid: taskUid,
      tenant,
      application,
      alias,
      cluster: uid,
      release: release.uid,
      kind,
      command: [...command],
      state: 'starting',
      timeoutSeconds,
      createdAt: this.#now,
      createdBy: by,
      finishedAt: null,
      exitCode: null,
      reason: null,
      lastLines: [],
      stoppedBy: null,
      tokenHash: hashOf(token),
    };
    const artifact = release.artifact === null ? undefined : await store.artifacts.get(release.artifact);
    await assertHolder();
    await events.change(
      async (tx) => {
        await tx.tasks.save(record);
        await also?.(tx, record);
      },
      taskHappening(record, 'created', asked.cause),
    );
    const { memoryBytes } = cluster.plan.spec.resources;
    this.#running.set(record.uid, { ...newlyRunning(record, memoryBytes), isLaunching: true });
    // From here on it is counted as what runs, and the machine is told of it before anything else happens.
    claim?.[Symbol.dispose]();
    this.changed.notify();
    // What becomes of it is none of the mutation's that asked for it.
    const document = taskDocument(this.#options, cluster, release, record, artifact);
    return onItsOwn(() => this.#launch(record, { document, token, placement }));
  }

  /**
   * What the agent of a task that has not ended is told, from what is stored; `undefined` where there is no such task. The token is absent where it cannot
   * be had again.
   */
  async identity(
    uid: string,
    clusterOf: (uid: string) => ClusterState | undefined,
    surroundings: Surroundings,
  ): Promise<{ readonly document: TaskRequest['document']; readonly token: string | undefined } | undefined> {
    const { store, vault } = this.#options;
    const record = this.#running.get(uid)?.record;
    const cluster = record && clusterOf(record.cluster);
    const release = record && (await store.releases.get(record.release));
    if (record === undefined || cluster === undefined || release === undefined) return undefined;
    const artifact = release.artifact === null ? undefined : await store.artifacts.get(release.artifact);
    return {
      document: taskDocument(surroundings, cluster, release, record, artifact),
      token: recoverToken(vault, uid, record.tokenHash),
    };
  }

  async #launch(record: TaskRecord, request: TaskRequest): Promise<TaskRecord> {
    try {
      await this.#options.provider.start(request);
    } catch (error) {
      if (isOfTheMachine(error)) this.#options.logger.error({ task: record.uid, error }, 'a task was not started');
      const reason = startFailure(error, record.uid);
      await this.#finish(record, { state: 'failed', exitCode: null, reason, lastLines: [] });
      return record;
    }
    const running = this.#running.get(record.uid);
    if (running !== undefined) running.isLaunching = false;
    // It may have been asked to stop meanwhile.
    await this.#save({ ...(running?.record ?? record), state: 'running' });
    void this.look(record.uid);
    return record;
  }

  /** Asks a task to end; whoever waits for that follows it. Does nothing when it has ended. */
  async stop(uid: string, by: string): Promise<void> {
    const running = this.#running.get(uid);
    if (running === undefined) return;
    if (running.record.stoppedBy === null) await this.#save({ ...running.record, stoppedBy: by });
    this.#do(uid, async () => {
      await this.#options.assertHolder();
      await this.#options.provider.stop(uid, STOP_GRACE_SECONDS);
      await this.look(uid);
    });
  }

  /** Looks at a task now. Never rejects. */
  look(uid: string): Promise<void> {
    // One after another: what a look under way has seen may be over.
    const look = (this.#looks.get(uid) ?? Promise.resolve())
      .then(() => this.#lookNow(uid))
      .catch((error: unknown) =>
        this.#options.logger.error({ task: uid, error }, 'a task was not looked at; it is tried again'),
      )
      .finally(() => {
        if (this.#looks.get(uid) === look) this.#looks.delete(uid);
      });
    this.#looks.set(uid, look);
    return look;
  }

  /** Leaves every task running. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#unlisten?.();
    await Promise.allSettled([...this.#looks.values(), ...this.#work]);
  }

  get #now(): number {
    return this.#options.clock.now();
  }

  async #lookNow(uid: string): Promise<void> {
    const running = this.#running.get(uid);
    // Of one that is just being begun the machine may know nothing yet.
    if (running === undefined || running.isLaunching) return;
    await this.#settle(uid, await this.#options.provider.observe(uid));
  }

  async #settle(uid: string, observed: ObservedTask | undefined): Promise<void> {
    const running = this.#running.get(uid);
    if (running === undefined) return;
    if (observed?.state === 'running') return this.#goesOn(running, observed);
    if (wasNeverBegun(running.record, observed)) return this.#finish(running.record, neverStarted());
    const gone = { isBegun: true, result: null, detail: 'nothing of it is left' };
    const ended = observed ?? gone;
    const { problem } = running.stuck ?? {};
    const known = problem === undefined ? ended : { problem, ...ended };
    await this.#finish(running.record, outcomeOf(running.record, known));
  }

  async #goesOn(running: Running, seen: Extract<ObservedTask, { readonly state: 'running' }>): Promise<void> {
    if (seen.isBegun) running.begunAt ??= this.#now;
    const { problem } = seen;
    running.stuck =
      seen.isBegun || problem === undefined ? null : { since: running.stuck?.since ?? this.#now, problem };
    if (running.record.state === 'starting') await this.#save({ ...running.record, state: 'running' });
  }

  /** With its event, or not at all: a look that fails here is done again. */
  async #finish(task: TaskRecord, outcome: TaskOutcome): Promise<void> {
    const record: TaskRecord = { ...task, ...outcome, finishedAt: this.#now };
    const { state, exitCode, reason } = outcome;
    await this.#options.events.change(
      (tx) => tx.tasks.save(record),
      taskHappening(record, state, task.uid, { exitCode, ...(reason === null ? {} : { reason }) }),
    );
    this.#running.delete(record.uid);
    this.#kept.set(record.uid, this.#now + KEEP_OUTPUT_MILLISECONDS);
    this.changed.notify();
    this.#do(record.uid, () => this.#options.provider.settled(record.uid));
  }

  async #save(record: TaskRecord): Promise<void> {
    await this.#options.store.tasks.save(record);
    const running = this.#running.get(record.uid);
    if (running !== undefined) running.record = record;
    this.changed.notify();
  }

  #tick(): void {
    for (const [uid, { record, begunAt, stuck, isLaunching }] of this.#running) {
      const limit = (begunAt ?? record.createdAt) + (record.timeoutSeconds + LATE_SECONDS) * 1000;
      const isStuck = stuck !== null && this.#now - stuck.since > STUCK_MILLISECONDS;
      if ((this.#now > limit || isStuck) && !isLaunching) this.#endLate(uid);
      else void this.look(uid);
    }
    for (const [uid, until] of this.#kept) {
      if (this.#now < until) continue;
      this.#kept.delete(uid);
      this.#do(uid, async () => {
        await this.#options.assertHolder();
        await this.#options.provider.remove(uid);
      });
    }
  }

  #endLate(uid: string): void {
    this.#do(uid, async () => {
      await this.#options.assertHolder();
      await this.#options.provider.stop(uid, STOP_GRACE_SECONDS);
      await this.look(uid);
    });
  }

  #do(uid: string, work: () => Promise<void>): void {
    const done = onItsOwn(work)
      .catch((error: unknown) =>
        this.#options.logger.error({ task: uid, error }, 'a task was not ended or cleared away'),
      )
      .finally(() => this.#work.delete(done));
    this.#work.add(done);
  }
}

function memoryOf(all: readonly { readonly memoryBytes: number }[]): number {
  return all.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
}

function newlyRunning(record: TaskRecord, memoryBytes: number): Running {
  return { record, memoryBytes, begunAt: null, stuck: null, isLaunching: false };
}

/** Recorded by a control plane that ended before its agent was started. */
function wasNeverBegun(record: TaskRecord, observed: ObservedTask | undefined): boolean {
  if (record.state !== 'starting') return false;
  return observed === undefined || (observed.state === 'ended' && observed.result === null);
}
