/**
 * Which instance this pod is, and its token: asked of the control plane before the agent begins, and again for as long as it runs. What
 * was answered lies in the pod's own folder, so a container that is started again goes on with it, whoever is there to be asked.
 */
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UNBOUND, type IdentityAnswer } from '../../schema/agent/identity.ts';
import type { InstanceDocument } from '../../schema/agent/instance.ts';
import { fullJitter } from '../back-off.ts';
import { ConfigurationError } from '../config/errors.ts';
import { loadConfiguration } from '../config/instance.ts';
import type { Settings } from '../config/settings.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import { believe } from './authorities.ts';
import { exchange, IdentityRefused } from './exchange.ts';
import { authoritiesFileIn, forgetIdentity, readdress, writeIdentity } from './files.ts';
import type { IdentitySettings } from './settings.ts';

const BASE_MILLISECONDS = 500;
const CAP_MILLISECONDS = 15_000;
const LONGEST_WAIT_SECONDS = 60;
/** How long a pod that can run by its release document waits for somebody to say which instance it is. */
const ALONE_AFTER_MILLISECONDS = 5000;
const SHORTEST_ASKING_MILLISECONDS = 1000;
/** A broker that refuses again and again is no reason to ask more often. */
const LEAST_BETWEEN_MILLISECONDS = 2000;
/** Longer than the control plane waits for its broker. */
const SETTLED_MILLISECONDS = 3000;

export interface IdentityOptions {
  readonly settings: IdentitySettings;
  /** Of `instance.json`. */
  readonly path: string;
  /** Those that the agent is going to read its document with. */
  readonly agentSettings: Settings;
  readonly log: AgentLog;
  /** The pod is another instance than it was: nothing of what runs counts any more. What was written of the one before is forgotten. */
  readonly onOther: (error: Error) => void;
  /** It is known which instance the pod is, for the first time. */
  readonly onKnown?: () => void;
  readonly random?: () => number;
}

export class Identity {
  readonly #options: IdentityOptions;
  readonly #directory: string;
  readonly #random: () => number;
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #asking: Promise<void> | undefined;
  #lastAsked = -Infinity;
  #failures = 0;
  /** Whether the last that was asked said nothing. */
  #isAway = false;
  /** What lies in `instance.json`. */
  #document: InstanceDocument | undefined;

  constructor(options: IdentityOptions) {
    this.#options = options;
    this.#directory = dirname(options.path);
    this.#random = options.random ?? Math.random;
  }

  /**
   * Resolves with `known` when `instance.json` and the token are there: at once where an earlier run has left them. Asks until it is answered;
   * rejects only when it is closed. From then on it is asked again in time.
   *
   * @param canBeAlone whether the pod has something to run by. Then it resolves with `alone` when nobody was there to say anything for some
   * seconds; asking goes on.
   */
  async obtain(canBeAlone: () => boolean): Promise<'known' | 'alone'> {
    this.#believe();
    const kept = await this.#kept();
    if (kept !== undefined) {
      this.#document = kept;
      this.#again(this.#random() * BASE_MILLISECONDS);
      return 'known';
    }
    let aloneAt = performance.now() + ALONE_AFTER_MILLISECONDS;
    for (;;) {
      const left = Math.max(SHORTEST_ASKING_MILLISECONDS, Math.ceil(aloneAt - performance.now()));
      const wait = await this.#ask(canBeAlone() ? left : undefined);
      const isKnown = this.#document !== undefined;
      // Who has said that there is nothing yet is there, and will say more.
      if (!this.#isAway) aloneAt = performance.now() + ALONE_AFTER_MILLISECONDS;
      const isAlone = this.#isAway && performance.now() + wait >= aloneAt && canBeAlone();
      if (isKnown || isAlone) {
        this.#again(wait);
        return isKnown ? 'known' : 'alone';
      }
      await delay(wait, undefined, { signal: this.#closing.signal });
    }
  }

  /** The broker does not accept the token. */
  refused(): void {
    const isSoon = performance.now() - this.#lastAsked < LEAST_BETWEEN_MILLISECONDS;
    if (this.#document !== undefined && this.#asking === undefined && !isSoon) this.#again(0);
  }

  /** Resolves when nothing is being asked, after {@link SETTLED_MILLISECONDS} in any case: whoever is asked may be silent. */
  async settled(): Promise<void> {
    const asking = this.#asking;
    if (asking === undefined) return;
    const limit = new AbortController();
    const late = delay(SETTLED_MILLISECONDS, undefined, { signal: limit.signal }).catch(() => undefined);
    await Promise.race([asking, late]);
    limit.abort();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await this.#asking;
  }

  async #kept(): Promise<InstanceDocument | undefined> {
    const { path, agentSettings, settings } = this.#options;
    try {
      const { document } = loadConfiguration(path, agentSettings);
      await readdress(document, settings, this.#directory);
      return document;
    } catch (error) {
      if (error instanceof ConfigurationError) return undefined;
      throw error;
    }
  }

  #again(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (this.#closing.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#asking = this.#ask()
        .then((wait) => this.#again(wait))
        // Closed meanwhile.
        .catch(() => undefined)
        .finally(() => (this.#asking = undefined));
    }, milliseconds);
  }

  /** Once. Answers after how many milliseconds to ask again; rejects when it is closed. */
  async #ask(limitMilliseconds?: number): Promise<number> {
    const { settings, log } = this.#options;
    this.#lastAsked = performance.now();
    try {
      const answer = await exchange(settings, this.#closing.signal, limitMilliseconds);
      this.#isAway = false;
      await this.#take(answer);
      this.#failures = 0;
      return answer.renewAfterSeconds * 1000 * (0.8 + 0.2 * this.#random());
    } catch (error) {
      this.#closing.signal.throwIfAborted();
      const { message } = error as Error;
      this.#isAway = error instanceof IdentityRefused && error.isAway;
      const isUnbound = error instanceof IdentityRefused && error.code === UNBOUND;
      if (isUnbound) log('info', 'no instance has taken this pod yet', { url: settings.url });
      else log('warn', 'the control plane does not say which instance this is; asking again', { error: message });
      return this.#pauseAfter(error);
    }
  }

  async #take(answer: IdentityAnswer): Promise<void> {
    const { instance } = answer.document;
    const { log, onOther, settings } = this.#options;
    const begun = this.#document;
    if (begun !== undefined && begun.instance !== instance) {
      await forgetIdentity(this.#directory);
      onOther(new Error(`this pod was instance ${begun.instance} and is ${instance} now; it begins anew`));
      return;
    }
    this.#document = await writeIdentity(answer, settings, this.#directory, begun);
    this.#believe();
    if (begun !== undefined) return;
    log('info', 'this pod is an instance', { instance });
    this.#options.onKnown?.();
  }

  #pauseAfter(error: unknown): number {
    const failures = this.#failures;
    this.#failures += 1;
    const asked = error instanceof IdentityRefused ? error.retryAfterSeconds : undefined;
    if (asked !== undefined)
      return Math.min(LONGEST_WAIT_SECONDS, Math.max(1, asked)) * 1000 * (1 + this.#random() / 2);
    return BASE_MILLISECONDS / 2 + fullJitter(failures, BASE_MILLISECONDS, CAP_MILLISECONDS, this.#random());
  }

  #believe(): void {
    const { settings, log } = this.#options;
    try {
      believe([settings.authoritiesFile, authoritiesFileIn(this.#directory)]);
    } catch (error) {
      log('error', 'the authorities of the control plane are not understood', { error: (error as Error).message });
    }
  }
}
