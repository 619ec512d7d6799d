/**
 * Keeps one application running: starts it, waits until it is ready, watches its health, starts it again with growing pauses
 * when it ends, and explains what is wrong. It says what happens; what that means for the instance is the controller's.
 */
import type { Reason } from '../../schema/mqtt/status.ts';
import { exponential } from '../back-off.ts';
import type { Output } from '../logs/output.ts';
import type { ProcessTree } from '../telemetry/process-tree.ts';
import type { Background } from './background.ts';
import {
  explainCrashLoop,
  explainExit,
  explainNotReady,
  explainPortTaken,
  explainStartFailure,
  type Crash,
} from './explain.ts';
import { graceOf, judgeEnd, type End, type HeldMemory } from './ends.ts';
import { Fault, note, reasonOf } from './faults.ts';
import type { Hooks } from './hooks.ts';
import type { Launch } from './launch.ts';
import { isInspectable, listenersOf, listensOn, serves } from './listeners.ts';
import { runProbe } from './probe.ts';
import { ProcessGroup } from './process-group.ts';
import { aborted, pauseOrStop } from './waits.ts';

const RESTART_BASE_MILLISECONDS = 500;
const RESTART_CAP_MILLISECONDS = 30_000;
/** Ready for this long, the next failure counts as the first again. */
const STEADY_MILLISECONDS = 20_000;
/** Failures in a row that are called a loop. */
const LOOP_CRASHES = 3;
/** First wait between readiness checks; it doubles up to the check's interval, so that a quick start is seen quickly. */
const FIRST_PROBE_MILLISECONDS = 25;
/** Without any check, it is ready when it has run for this long. */
const RAN_MILLISECONDS = 1000;
const EXPLAINING_LINES = 5;

export type SupervisorEvent =
  | { readonly kind: 'starting'; readonly reason?: Reason }
  | { readonly kind: 'ready' }
  | { readonly kind: 'faulty'; readonly reason: Reason };

export interface SupervisorOptions {
  readonly hooks: Hooks;
  readonly output: Output;
  readonly onEvent: (launch: Launch, event: SupervisorEvent) => void;
  /** The group that runs now, before it does anything; `undefined` when it has ended. */
  readonly onGroup: (group: ProcessGroup | undefined) => Promise<void>;
  /** Absent: nobody but the agent holds the application to its memory. */
  readonly memory?: HeldMemory;
  readonly now?: () => number;
}

/** What one start came to. */
type Outcome = { readonly end: End; readonly steady: boolean };

interface Run {
  readonly launch: Launch;
  readonly background: Background | undefined;
  readonly stop: AbortController;
  readonly hurry: AbortController;
  graceMilliseconds: number;
  done: Promise<void>;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #now: () => number;
  #run: Run | undefined;
  #group: ProcessGroup | undefined;
  /** Ends the present start as a failure. */
  #fail: (fault: Fault) => void = () => undefined;
  #restarts = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Starts of the application after an end that nobody asked for, in this session. */
  get restarts(): number {
    return this.#restarts;
  }

  get processes(): ProcessTree | undefined {
    return this.#group?.tree;
  }

  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  /**
   * Begins to keep an application running. The previous one must have been stopped.
   *
   * @param background what the application is taken into until it is ready
   */
  start(launch: Launch, background?: Background): void {
    if (this.#run) throw new Error('the supervisor already runs an application');
    const run: Run = {
      launch,
      background,
      stop: new AbortController(),
      hurry: new AbortController(),
      graceMilliseconds: 0,
      done: Promise.resolve(),
    };
    this.#run = run;
    run.done = this.#keepRunning(run);
  }

  /** Kills what runs, which then is started again like after any failure; nothing if that is not `tree` any more. */
  fail(tree: ProcessTree, fault: Fault): void {
    if (this.#group?.tree === tree) this.#fail(fault);
  }

  /** The stop signal, then SIGKILL after the grace. Resolves when nothing of it lives. Idempotent; the shorter grace wins. */
  async stop(graceMilliseconds: number): Promise<void> {
    const run = this.#run;
    if (!run) return;
    if (run.stop.signal.aborted) {
      if (graceMilliseconds === 0) run.hurry.abort();
    } else {
      run.graceMilliseconds = graceMilliseconds;
      run.stop.abort();
    }
    await run.done;
    if (this.#run === run) this.#run = undefined;
  }

  async #keepRunning(run: Run): Promise<void> {
    let crashes: Crash[] = [];
    let failures = 0;
    const { launch, stop } = run;
    this.#emit(launch, { kind: 'starting' });
    while (!stop.signal.aborted) {
      const { end, steady } = await this.#attempt(run);
      if (end.kind === 'stopped') return;
      if (steady) [crashes, failures] = [[], 0];
      if (end.kind === 'exited') crashes = [...crashes, { exit: end.exit, at: this.#now() }];
      this.#explain(launch, end, crashes);
      const pause = exponential(failures, RESTART_BASE_MILLISECONDS, RESTART_CAP_MILLISECONDS);
      failures += 1;
      await pauseOrStop(pause, stop.signal);
      if (!stop.signal.aborted) this.#restarts += 1;
    }
  }

  #explain(launch: Launch, end: Exclude<End, { kind: 'stopped' }>, crashes: readonly Crash[]): void {
    const lines = this.#options.output.tail('std', EXPLAINING_LINES);
    if (end.kind === 'given-up') this.#emit(launch, { kind: 'faulty', reason: reasonOf(end.fault) });
    else if (crashes.length >= LOOP_CRASHES)
      this.#emit(launch, { kind: 'faulty', reason: reasonOf(explainCrashLoop(crashes, lines)) });
    else this.#emit(launch, { kind: 'starting', reason: note('exited', explainExit(end.exit, lines)) });
  }

  /** One start to its end. */
  async #attempt(run: Run): Promise<Outcome> {
    const { launch, stop } = run;
    let group: ProcessGroup;
    try {
      await this.#options.hooks.run('before-start', launch, { signal: stop.signal });
      if (stop.signal.aborted) return { end: { kind: 'stopped' }, steady: false };
      group = await this.#begin(run);
    } catch (error) {
      const fault = error instanceof Fault ? error : explainStartFailure(launch, error);
      return { end: { kind: 'given-up', fault }, steady: false };
    }
    const { output } = this.#options;
    const read = Promise.all([output.follow('stdout', group.stdout), output.follow('stderr', group.stderr)]);
    await this.#options.onGroup(group);
    const killsBefore = this.#options.memory?.group.kills() ?? 0;
    const watching = new AbortController();
    const readyAt: { value: number | undefined } = { value: undefined };
    const watch = this.#watch(launch, group, watching.signal, () => (readyAt.value = this.#now()));
    const failed = new Promise<End>((resolve) => {
      this.#fail = (fault) => resolve({ kind: 'given-up', fault, graceMilliseconds: 0 });
    });
    const end = await Promise.race<End>([
      failed,
      group.exited.then((exit) => ({ kind: 'exited', exit })),
      watch,
      aborted(stop.signal, watching.signal).then(() => ({ kind: 'stopped' })),
    ]);
    watching.abort();
    const steady = readyAt.value !== undefined && this.#now() - readyAt.value >= STEADY_MILLISECONDS;
    await group.end(graceOf(end, run.graceMilliseconds), run.hurry.signal, launch.stopSignal);
    // A hook of this start may still be ending.
    await Promise.all([read, watch]);
    this.#group = undefined;
    await this.#options.onGroup(undefined);
    return {
      end: stop.signal.aborted ? { kind: 'stopped' } : judgeEnd(end, this.#options.memory, killsBefore),
      steady,
    };
  }

  async #begin({ launch, background }: Run): Promise<ProcessGroup> {
    this.#options.output.forgetTail();
    const group = await ProcessGroup.start(launch);
    background?.take(group.pid);
    this.#options.memory?.group.take(group.pid);
    this.#group = group;
    return group;
  }

  /** Readiness, then health. Resolves when it is to be started again for what was seen. */
  async #watch(launch: Launch, group: ProcessGroup, signal: AbortSignal, onReady: () => void): Promise<End> {
    if (!(await this.#awaitReady(launch, group, signal))) {
      const fault = new Fault(
        'not-ready-in-time',
        `still not ready after ${2 * launch.deadlineSeconds} s; started again`,
      );
      return signal.aborted ? { kind: 'stopped' } : { kind: 'given-up', fault };
    }
    onReady();
    this.#emit(launch, { kind: 'ready' });
    // A failure after the start leaves what serves alone.
    await this.#options.hooks.attempt('after-start', launch, { signal });
    return this.#watchHealth(launch, signal);
  }

  /** Past the deadline it is explained and asked on for as long again: what gets ready late is active then. */
  async #awaitReady(launch: Launch, group: ProcessGroup, signal: AbortSignal): Promise<boolean> {
    const startedAt = this.#now();
    const deadline = startedAt + launch.deadlineSeconds * 1000;
    let isExplained = false;
    let wait = FIRST_PROBE_MILLISECONDS;
    while (!signal.aborted) {
      const fault = await this.#findingOf(launch, group, startedAt, signal);
      if (signal.aborted) return false;
      if (fault === undefined) return true;
      if (!isExplained && this.#now() >= deadline) {
        isExplained = true;
        this.#emit(launch, { kind: 'faulty', reason: reasonOf(this.#explainNotReady(launch, group, fault)) });
      }
      if (this.#now() >= deadline + launch.deadlineSeconds * 1000) return false;
      await pauseOrStop(wait, signal);
      wait = Math.min(wait * 2, (launch.readiness?.intervalSeconds ?? 1) * 1000);
    }
    return false;
  }

  /** `undefined`: ready. A text: not yet. A fault: it would seem ready, but is not. */
  async #findingOf(
    launch: Launch,
    group: ProcessGroup,
    startedAt: number,
    signal: AbortSignal,
  ): Promise<string | Fault | undefined> {
    if (!launch.readiness)
      return this.#now() - startedAt >= RAN_MILLISECONDS ? undefined : 'it runs for less than a second';
    const finding = await runProbe(launch.readiness, signal);
    if (finding !== undefined || !launch.expected) return finding;
    const { expected } = launch;
    // A stranger on the port would make an application "ready" that does not serve at all.
    const pids = group.tree.living().map(({ pid }) => pid);
    return listensOn(pids, expected.port) || !isInspectable(pids) ? undefined : explainPortTaken(expected);
  }

  #explainNotReady(launch: Launch, group: ProcessGroup, finding: string | Fault): Fault {
    const listeners = listenersOf(group.tree.living().map(({ pid }) => pid));
    const { expected } = launch;
    const isElsewhere = expected && listeners.length > 0 && !listeners.some((listener) => serves(listener, expected));
    if (finding instanceof Fault && !isElsewhere) return finding;
    return explainNotReady(launch, listeners, typeof finding === 'string' ? finding : finding.message);
  }

  async #watchHealth(launch: Launch, signal: AbortSignal): Promise<End> {
    const { health } = launch;
    let failures = 0;
    let finding: string | undefined;
    while (health && failures < health.failureThreshold) {
      await pauseOrStop(health.probe.intervalSeconds * 1000, signal);
      if (signal.aborted) return { kind: 'stopped' };
      finding = await runProbe(health.probe, signal);
      failures = finding === undefined ? 0 : failures + 1;
    }
    if (!health) {
      await aborted(signal);
      return { kind: 'stopped' };
    }
    const fault = new Fault(
      'unhealthy',
      `${failures} health checks failed in a row, last: ${finding ?? ''}. It is started again`,
    );
    return { kind: 'given-up', fault };
  }

  #emit(launch: Launch, event: SupervisorEvent): void {
    if (this.#run?.launch === launch && !this.#run.stop.signal.aborted) this.#options.onEvent(launch, event);
  }
}
