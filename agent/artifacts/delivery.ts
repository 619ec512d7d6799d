/**
 * Brings the instance to the desired release, level-triggered: looks at the newest document, prepares what is missing, has
 * it switched, and begins again whenever the document changes or something failed a while ago.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ArtifactPhase, ArtifactReport } from '../../schema/mqtt/artifact.ts';
import { isNewer, type DesiredDocument, type DesiredRelease } from '../../schema/mqtt/desired.ts';
import type { Reason } from '../../schema/mqtt/status.ts';
import { exponential } from '../back-off.ts';
import { reasonOf } from '../lifecycle/faults.ts';
import type { Background } from '../lifecycle/background.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import { assignmentFor, contentKey } from './desired.ts';
import type { PreparedRelease, ReleaseStore } from './releases.ts';

const RETRY_BASE_MILLISECONDS = 2000;
const RETRY_CAP_MILLISECONDS = 30_000;
/** Over how long the instances of a service cluster spread their fetching ahead: all at once would take the processors from what serves. */
const AHEAD_WITHIN_MILLISECONDS = 5000;

/** Who runs the application. */
export interface ReleaseRunner {
  /** What is running or being started; `undefined` before the first. */
  readonly running: PreparedRelease | undefined;
  /** Replaces what runs. Resolves when the new one was started, not when it is ready; rejects, the old one untouched, with a `Fault`. */
  run(prepared: PreparedRelease): Promise<void>;
  /** A release cannot be prepared. What runs goes on. */
  unavailable(reason: Reason): void;
}

export interface DeliveryOptions {
  /** Which may not be known at first. */
  readonly instance: () => string;
  readonly session: string;
  readonly store: ReleaseStore;
  readonly runner: ReleaseRunner;
  readonly publish: (report: ArtifactReport) => void;
  readonly log: AgentLog;
  /** Where it fetches what runs later. */
  readonly background: Background;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

export class Delivery {
  readonly #options: DeliveryOptions;
  #document: DesiredDocument | undefined;
  #previous: string | undefined;
  /** What became of the release that runs, once that is known. */
  #outcome: { readonly release: string; readonly error: Reason | undefined } | undefined;
  /** When this instance's turn to fetch the other release ahead comes, on the monotonic clock. */
  #turn: { readonly key: string; readonly at: number } | undefined;
  #sequence = 0;
  /** What the last document that was brought about asked of this instance; `undefined` while there is work. */
  #settled: string | undefined;
  #change = new AbortController();
  #done: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Whether a document is newer than the last. */
  isNews(document: DesiredDocument): boolean {
    return !this.#isClosed && (this.#document === undefined || isNewer(document, this.#document));
  }

  /** Takes a document if it is newer than the last; says whether it was. */
  offer(document: DesiredDocument): boolean {
    if (!this.isNews(document)) return false;
    this.#document = document;
    // Each step of a roll-out is a document for all instances and concerns few: the others at work, too, would be felt.
    if (this.#settled !== this.concern(document)) this.#wake();
    return true;
  }

  /** What of a document is for this instance to bring about; two documents with the same ask the same of it. */
  concern(document: DesiredDocument): string {
    const { mine, ahead } = assignmentFor(document, this.#options.instance());
    return JSON.stringify([document.epoch, mine && contentKey(mine), ahead && contentKey(ahead)]);
  }

  /** The runner's word on the release that it runs: it became ready, or it did not. */
  observed(
    release: string,
    outcome: { readonly ready: true } | { readonly ready: false; readonly reason: Reason },
  ): void {
    this.#outcome = { release, error: outcome.ready ? undefined : outcome.reason };
    const wanted = this.#wanted();
    if (wanted?.release === release) this.#reportOutcome(wanted);
  }

  #reportOutcome(running: DesiredRelease): void {
    if (this.#outcome?.release !== running.release) return;
    this.#report(running, this.#outcome.error ? 'failed' : 'active', this.#outcome.error);
  }

  #wanted(): DesiredRelease | undefined {
    return this.#document && assignmentFor(this.#document, this.#options.instance()).mine;
  }

  #wake(): void {
    this.#settled = undefined;
    this.#change.abort();
    this.#change = new AbortController();
    this.#done ??= this.#work();
  }

  async #work(): Promise<void> {
    let failures = 0;
    while (!this.#isClosed && this.#document) {
      const { signal } = this.#change;
      try {
        const document = this.#document;
        await this.#reconcile(document, signal);
        if (!signal.aborted) {
          this.#settled = this.concern(document);
          break;
        }
        failures = 0;
      } catch (error) {
        if (signal.aborted) {
          failures = 0;
          continue;
        }
        this.#options.log('warn', 'release not brought about', { error: (error as Error).message });
        await this.#pause(exponential(failures, RETRY_BASE_MILLISECONDS, RETRY_CAP_MILLISECONDS), signal);
        failures += 1;
      }
    }
    // Here and not in a later microtask: a document in between would find nobody at work.
    this.#done = undefined;
  }

  /** Waits; a change ends the waiting. */
  async #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    await delay(milliseconds, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  async #reconcile(document: DesiredDocument, signal: AbortSignal): Promise<void> {
    const { mine, ahead } = assignmentFor(document, this.#options.instance());
    if (mine) await this.#bring(mine, signal);
    if (ahead) await this.#fetchAhead(ahead, signal);
    await this.#prune(document);
  }

  async #bring(mine: DesiredRelease, signal: AbortSignal): Promise<void> {
    const { runner } = this.#options;
    if (runner.running?.key === contentKey(mine)) {
      this.#reportOutcome(mine);
      return;
    }
    const prepared = await this.#prepare(mine, signal, (reason) => runner.unavailable(reason));
    signal.throwIfAborted();
    this.#report(mine, 'switching');
    const before = runner.running?.release;
    this.#outcome = undefined;
    try {
      await runner.run(prepared);
    } catch (error) {
      this.#report(mine, 'failed', reasonOf(error));
      runner.unavailable(reasonOf(error));
      throw error;
    }
    if (before !== undefined && before !== prepared.release) this.#previous = before;
  }

  /**
   * Having the other release at hand is a convenience: its failure is reported and tried again with the next document. The
   * last word in the slot is again that on the release that runs.
   */
  async #fetchAhead(ahead: DesiredRelease, signal: AbortSignal): Promise<void> {
    if (this.#options.store.find(ahead)) return;
    await this.#awaitTurn(contentKey(ahead), signal);
    const { background } = this.#options;
    background.enter();
    try {
      await this.#prepare(ahead, signal, () => undefined);
    } catch (error) {
      if (signal.aborted) throw error;
      this.#options.log('warn', 'release not fetched ahead', {
        release: ahead.release,
        error: (error as Error).message,
      });
    } finally {
      background.leave();
    }
    const wanted = this.#wanted();
    if (wanted) this.#reportOutcome(wanted);
  }

  /** Drawn once a release, so that further documents do not put it off. Rejects when the document changes meanwhile. */
  async #awaitTurn(key: string, signal: AbortSignal): Promise<void> {
    if (this.#turn?.key !== key) {
      const random = this.#options.random ?? Math.random;
      this.#turn = { key, at: performance.now() + random() * AHEAD_WITHIN_MILLISECONDS };
    }
    await this.#pause(Math.max(0, this.#turn.at - performance.now()), signal);
    signal.throwIfAborted();
  }

  async #prepare(release: DesiredRelease, signal: AbortSignal, failed: (reason: Reason) => void) {
    const { store, runner } = this.#options;
    if (!store.find(release)) this.#report(release, 'fetching');
    try {
      const prepared = await store.prepare(release, signal, runner.running?.release);
      this.#report(release, 'fetched');
      return prepared;
    } catch (error) {
      if (!signal.aborted) {
        this.#report(release, 'failed', reasonOf(error));
        failed(reasonOf(error));
      }
      throw error;
    }
  }

  async #prune(document: DesiredDocument): Promise<void> {
    const named = [document.stable, document.candidate].filter((release) => release !== undefined);
    const kept = [this.#options.runner.running?.release, this.#previous, ...named.map(({ release }) => release)];
    const digests = named.flatMap(({ artifacts }) => artifacts.map(({ digest }) => digest));
    await this.#options.store.prune(new Set(kept.filter((name) => name !== undefined)), new Set(digests));
  }

  #report(release: DesiredRelease, phase: ArtifactPhase, error?: Reason): void {
    const { epoch, generation } = this.#document!;
    const slots = Object.fromEntries(
      release.artifacts.map(({ slot, digest }) => [
        slot,
        { epoch, generation, release: release.release, digest, phase, ...(error ? { error } : {}) },
      ]),
    );
    this.#sequence += 1;
    const running = this.#options.runner.running?.release;
    this.#options.publish({
      v: 1,
      session: this.#options.session,
      sequence: this.#sequence,
      ...(running === undefined ? {} : { release: running }),
      slots,
    });
  }

  /** Ends fetching; what runs is its runner's. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#change.abort();
    await this.#done;
  }
}
