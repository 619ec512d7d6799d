/**
 * Drives the instance through its lifecycle: runs the release that delivery hands over, switches, restarts, drains. Each of
 * these runs alone; a drain cuts the waits of the others short and is the last.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Reason } from '../../schema/mqtt/status.ts';
import type { PreparedRelease, ReleaseStore } from '../artifacts/releases.ts';
import type { ReleaseRunner } from '../artifacts/delivery.ts';
import { Fault, note } from './faults.ts';
import type { Hooks } from './hooks.ts';
import type { Launch } from './launch.ts';
import { isAllowed, type Lifecycle } from './states.ts';
import type { Supervisor, SupervisorEvent } from './supervisor.ts';

const HOOK_SHARE = 0.5;

export interface ControllerOptions {
  readonly store: ReleaseStore;
  readonly hooks: Hooks;
  readonly supervisor: Supervisor;
  readonly launch: (prepared: PreparedRelease) => Launch;
  /** Time between saying `maintenance` and stopping what serves. */
  readonly noticeMilliseconds: number;
  /** Longest that in-flight work gets when the application is stopped for a switch or a restart. */
  readonly graceMilliseconds: number;
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
      await this.#options.store.switchTo(prepared.release);
      try {
        await this.#options.hooks.run('artifact-updated', launch);
      } catch (error) {
        if (before) await this.#options.store.switchTo(before.release);
        throw error;
      }
      if (before) await this.#leave(note('switching', `from release ${before.release} to ${prepared.release}`), before);
      if (this.isDraining) throw new Fault('agent-failed', 'the instance is being drained');
      this.#running = prepared;
      this.#options.supervisor.start(launch);
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

  /** From serving to not running, the way that in-flight work survives. */
  async #leave(reason: Reason, leaving: PreparedRelease): Promise<void> {
    const wasServing = this.isServing;
    this.#become({ state: 'maintenance', reason });
    if (wasServing) await this.#notice();
    await this.#beforeStop(leaving, this.#options.graceMilliseconds);
    await this.#options.supervisor.stop(this.#options.graceMilliseconds);
  }

  async #notice(): Promise<void> {
    const { signal } = this.#draining;
    await delay(this.#options.noticeMilliseconds, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  /** What stops is stopped whatever its hook says; the hook's own output tells why it failed. */
  async #beforeStop(leaving: PreparedRelease, limitMilliseconds: number): Promise<void> {
    if (limitMilliseconds <= 0 || !this.#options.supervisor.isRunning) return;
    try {
      await this.#options.hooks.run('before-stop', this.#options.launch(leaving), limitMilliseconds);
    } catch (error) {
      this.#options.hooks.remark('before-stop', error as Error);
    }
  }

  /** Serves on but says that it is about to leave (an eviction): load balancers take it out. */
  leaveService(message: string): void {
    this.#become({ state: 'maintenance', reason: note('stopping', message) });
  }

  /** Stops the application for good, within the time. Idempotent; 0 in a later call kills at once. */
  drain(deadlineMilliseconds: number): Promise<void> {
    if (this.#drained) {
      if (deadlineMilliseconds === 0) void this.#options.supervisor.stop(0);
      return this.#drained;
    }
    this.#draining.abort();
    this.#options.onDrain();
    this.#drained = this.#drainNow(performance.now() + deadlineMilliseconds);
    return this.#drained;
  }

  async #drainNow(deadline: number): Promise<void> {
    const left = () => Math.max(0, deadline - performance.now());
    // Whatever was under way (a switch in its grace, a slow hook) has the same deadline.
    const force = setTimeout(() => void this.#options.supervisor.stop(0), left());
    const late = new AbortController();
    this.#become({ state: 'maintenance', reason: note('draining', 'the application is being stopped') });
    await Promise.race([this.#queue, delay(left(), undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
    if (this.#running) {
      await this.#beforeStop(this.#running, left() * HOOK_SHARE);
      await this.#options.supervisor.stop(left());
      await this.#cleanUp(this.#running);
    }
    clearTimeout(force);
    this.#become({ state: 'ready-to-shutdown' });
  }

  async #cleanUp(ended: PreparedRelease): Promise<void> {
    try {
      await this.#options.hooks.run('cleanup', this.#options.launch(ended));
    } catch (error) {
      this.#options.hooks.remark('cleanup', error as Error);
    }
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
        this.#become({ state: 'active', release });
        return this.#options.onOutcome(release, undefined);
      case 'faulty':
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
