/**
 * Drives the instance through its lifecycle: runs the release that delivery hands over, switches, restarts, drains. Each of
 * these runs alone; a drain cuts the waits of the others short and is the last.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Reason } from '../../schema/mqtt/status.ts';
import type { PreparedRelease, ReleaseStore } from '../artifacts/releases.ts';
import type { ReleaseRunner } from '../artifacts/delivery.ts';
import type { Background } from './background.ts';
import { Fault, note } from './faults.ts';
import type { Hooks } from './hooks.ts';
import type { Launch } from './launch.ts';
import { isAllowed, type Lifecycle } from './states.ts';
import type { Supervisor, SupervisorEvent } from './supervisor.ts';

/** Of the time that is left until a deadline, what the hook `before-stop` gets; `maintenance` gets half of that. */
const HOOK_SHARE = 0.5;

export interface ControllerOptions {
  readonly store: ReleaseStore;
  readonly hooks: Hooks;
  readonly supervisor: Supervisor;
  readonly background: Background;
  readonly launch: (prepared: PreparedRelease) => Launch;
  /** Awaited before the first release is started; bounded, and never rejects. */
  readonly beforeFirst: (signal: AbortSignal) => Promise<void>;
  /** Time between saying `maintenance` and stopping what serves. */
  readonly noticeMilliseconds: number;
  /** Longest that in-flight work gets when the application is stopped for a switch or a restart. */
  readonly graceMilliseconds: number;
  /**
   * Time between not being ready and {@link onDrain}, for what is reached by way of something that goes by readiness, such as a Service of
   * Kubernetes: new connections come until that has heard of it. 0: nothing does.
   */
  readonly unroutedMilliseconds: number;
  readonly onChange: (lifecycle: Lifecycle) => void;
  readonly onOutcome: (release: string, error: Reason | undefined) => void;
  /** Before the application is told to stop for good: a load balancer's listeners close first. */
  readonly onDrain: () => void;
}

export class Controller implements ReleaseRunner {
  readonly #options: ControllerOptions;
  #lifecycle: Lifecycle = {
    state: 'initialized',
    reason: note('waiting-for-release', 'no release has been assigned yet'),
  };
  #running: PreparedRelease | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #draining = new AbortController();
  #drained: Promise<void> | undefined;
  /** Whether the hook `instance-started` has succeeded in this run of the agent. */
  #hasBegun = false;
  /** The hook `maintenance`, from an eviction on. */
  #leaving: Promise<void> = Promise.resolve();

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  get lifecycle(): Lifecycle {
    return this.#lifecycle;
  }

  get running(): PreparedRelease | undefined {
    return this.#running;
  }

  /** Aborted when the application is being stopped for good. */
  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  get isDraining(): boolean {
    return this.#draining.signal.aborted;
  }

  /** Whether requests may be on their way to the application. */
  get isServing(): boolean {
    return this.#lifecycle.state === 'active';
  }

  unavailable(reason: Reason): void {
    if (!this.#running) this.#become({ state: 'faulty', reason });
  }

  async run(prepared: PreparedRelease): Promise<void> {
    await this.#alone(async () => {
      const launch = this.#options.launch(prepared);
      const before = this.#running;
      const { signal } = this.#draining;
      if (!this.#hasBegun) await this.#options.beforeFirst(signal);
      if (!this.#hasBegun) await this.#options.hooks.run('instance-started', launch, { signal });
      this.#hasBegun = true;
      await this.#options.store.switchTo(prepared.release);
      try {
        await this.#options.hooks.run('artifact-updated', launch, { signal });
      } catch (error) {
        if (before) await this.#options.store.switchTo(before.release);
        throw error;
      }
      if (before) await this.#leave(note('switching', `from release ${before.release} to ${prepared.release}`), before);
      if (this.isDraining) throw new Fault('agent-failed', 'the instance is being drained');
      this.#running = prepared;
      if (before) this.#options.background.enter();
      this.#options.supervisor.start(launch, this.#options.background);
    });
  }

  /** Starts the running release again. Rejects when there is none. */
  async restart(): Promise<void> {
    await this.#alone(async () => {
      const running = this.#running;
      if (!running) throw new Fault('no-start-command', 'no release runs that could be started again');
      const launch = this.#options.launch(running);
      await this.#leave(note('restarting', 'asked for'), running);
      this.#options.supervisor.start(launch);
    });
  }

  /** The metadata is another than before: told to what runs. Never rejects. */
  async metadataChanged(): Promise<void> {
    const running = this.#running;
    if (running === undefined || this.isDraining || !this.#options.supervisor.isRunning) return;
    const bounds = { signal: this.#draining.signal };
    await this.#options.hooks.attempt('metadata-updated', this.#options.launch(running), bounds);
  }

  /** From serving to not running, the way that in-flight work survives. */
  async #leave(reason: Reason, leaving: PreparedRelease): Promise<void> {
    const wasServing = this.isServing;
    this.#become({ state: 'maintenance', reason });
    const { graceMilliseconds } = this.#options;
    const hook = this.#maintain(reason, leaving, graceMilliseconds * HOOK_SHARE, this.#draining.signal);
    await Promise.all([hook, wasServing ? this.#notice() : undefined]);
    await this.#beforeStop(leaving, this.#options.graceMilliseconds);
    await this.#options.supervisor.stop(this.#options.graceMilliseconds);
  }

  async #notice(): Promise<void> {
    const { signal } = this.#draining;
    await delay(this.#options.noticeMilliseconds, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  /** The hook `maintenance`, beside the notice: both are over before anything is stopped. Never rejects. */
  async #maintain(
    { code }: Reason,
    leaving: PreparedRelease,
    limitMilliseconds: number,
    signal?: AbortSignal,
  ): Promise<void> {
    if (limitMilliseconds <= 0 || !this.#options.supervisor.isRunning) return;
    const bounds = { limitMilliseconds, reason: code, ...(signal ? { signal } : {}) };
    await this.#options.hooks.attempt('maintenance', this.#options.launch(leaving), bounds);
  }

  /** What stops is stopped whatever its hook says. */
  async #beforeStop(leaving: PreparedRelease, limitMilliseconds: number): Promise<void> {
    if (limitMilliseconds <= 0 || !this.#options.supervisor.isRunning) return;
    await this.#options.hooks.attempt('before-stop', this.#options.launch(leaving), { limitMilliseconds });
  }

  /** Serves on but says that it is about to leave (an eviction): load balancers take it out. */
  leaveService(message: string): void {
    const reason = note('stopping', message);
    this.#become({ state: 'maintenance', reason });
    if (this.#running)
      this.#leaving = this.#maintain(reason, this.#running, this.#options.graceMilliseconds, this.#draining.signal);
  }

  /** Stops the application for good, within the time. Idempotent; 0 in a later call kills at once. */
  drain(deadlineMilliseconds: number): Promise<void> {
    if (this.#drained) {
      if (deadlineMilliseconds === 0) void this.#options.supervisor.stop(0);
      return this.#drained;
    }
    this.#draining.abort();
    this.#options.background.leave();
    this.#drained = this.#drainNow(performance.now() + deadlineMilliseconds);
    return this.#drained;
  }

  async #drainNow(deadline: number): Promise<void> {
    const left = () => Math.max(0, deadline - performance.now());
    // Whatever was under way (a switch in its grace, a slow hook) has the same deadline.
    const force = setTimeout(() => void this.#options.supervisor.stop(0), left());
    const late = new AbortController();
    const isLeaving = this.#lifecycle.state === 'maintenance';
    const reason = note('draining', 'the application is being stopped');
    this.#become({ state: 'maintenance', reason });
    const { unroutedMilliseconds, onDrain } = this.#options;
    if (unroutedMilliseconds > 0 && !isLeaving) await delay(Math.min(unroutedMilliseconds, left() / 2));
    onDrain();
    await this.#leaving;
    if (this.#running && !isLeaving) await this.#maintain(reason, this.#running, (left() * HOOK_SHARE) / 2);
    await Promise.race([this.#queue, delay(left(), undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
    if (this.#running) {
      await this.#beforeStop(this.#running, left() * HOOK_SHARE);
      await this.#options.supervisor.stop(left());
      await this.#options.hooks.attempt('cleanup', this.#options.launch(this.#running));
    }
    clearTimeout(force);
    this.#become({ state: 'ready-to-shutdown' });
  }

  terminated(): void {
    this.#become({ state: 'terminated' });
  }

  /** From the supervisor. */
  observe(launch: Launch, event: SupervisorEvent): void {
    if (this.isDraining || launch.release !== this.#running?.release) return;
    const { release } = launch;
    const { state } = this.#lifecycle;
    switch (event.kind) {
      case 'starting':
        // What is explained as faulty stays so through its retries, until it gets ready.
        if (event.reason && state === 'faulty') return;
        return this.#become({ state: 'starting', release, ...(event.reason ? { reason: event.reason } : {}) });
      case 'ready':
        this.#options.background.leave();
        this.#become({ state: 'active', release });
        return this.#options.onOutcome(release, undefined);
      case 'faulty':
        this.#options.background.leave();
        this.#become({ state: 'faulty', release, reason: event.reason });
        return this.#options.onOutcome(release, event.reason);
    }
  }

  #become(next: Lifecycle): void {
    if (!isAllowed(this.#lifecycle.state, next.state)) return;
    this.#lifecycle = next;
    this.#options.onChange(next);
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(() => {
      if (this.isDraining) throw new Fault('agent-failed', 'the instance is being drained');
      return work();
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}
