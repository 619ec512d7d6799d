/** Noticing that agents begin, report and end: own children by their exit, adopted ones by asking the kernel. */
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { ProcessIdentity } from './kernel.ts';
import { isRunning } from './kernel.ts';

/**
 * What is known of an instance whose agent ran when it was last looked at, or has ended since: `ended` while what the agent
 * left running may still run, `gone` once nothing of it does.
 */
export type Watched =
  | { readonly phase: 'starting' | 'running'; readonly agent: ProcessIdentity; readonly record: string }
  | { readonly phase: 'ended' | 'gone'; readonly detail: string | undefined };

export interface WatchEvents {
  /** The agent has written its record for the first time. */
  reported(instance: string): void;
  /** The agent has ended; called once for each. */
  ended(instance: string, detail: string | undefined): void;
}

/** Longest time in which the end of an adopted agent goes unnoticed. */
const POLL_MILLISECONDS = 250;

/** How a child ended, for people. */
function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `its agent ended with exit code ${code}` : `its agent was ended by ${signal}`;
}

export class Watch {
  readonly #events: WatchEvents;
  readonly #watched = new Map<string, Watched>();
  /** Kept so that Node reaps them and tells of their end. */
  readonly #children = new Map<string, ChildProcess>();
  readonly #timer: NodeJS.Timeout;

  constructor(events: WatchEvents) {
    this.#events = events;
    this.#timer = setInterval(() => this.#poll(), POLL_MILLISECONDS);
    this.#timer.unref();
  }

  get(instance: string): Watched | undefined {
    return this.#watched.get(instance);
  }

  /** Follows a running agent; `record` is the file whose appearance tells that the agent has reported. */
  follow(instance: string, agent: ProcessIdentity, phase: 'starting' | 'running', record: string): void {
    this.#watched.set(instance, { phase, agent, record });
  }

  /** Follows a child of this process. */
  followChild(instance: string, agent: ProcessIdentity, child: ChildProcess, record: string): void {
    this.follow(instance, agent, 'starting', record);
    this.#children.set(instance, child);
    child.once('exit', (code, signal) => {
      if (this.#children.get(instance) === child) this.#end(instance, describeExit(code, signal));
    });
  }

  /** Whether the agent was running when last looked at. */
  follows(instance: string, agent: ProcessIdentity): boolean {
    const known = this.#watched.get(instance);
    return known !== undefined && 'agent' in known && known.agent.pid === agent.pid;
  }

  /** Notes that nothing of an instance runs any more, without telling anybody. */
  noteGone(instance: string): void {
    const known = this.#watched.get(instance);
    const detail = known === undefined || 'agent' in known ? undefined : known.detail;
    this.#watched.set(instance, { phase: 'gone', detail });
  }

  forget(instance: string): void {
    this.#watched.delete(instance);
    this.#children.delete(instance);
  }

  #end(instance: string, detail: string | undefined): void {
    const known = this.#watched.get(instance);
    if (known === undefined) return;
    if ('agent' in known) {
      this.#watched.set(instance, { phase: 'ended', detail });
      this.#events.ended(instance, detail);
    } else if (known.detail === undefined) {
      this.#watched.set(instance, { ...known, detail });
    }
  }

  #poll(): void {
    for (const [instance, watched] of this.#watched) {
      if (!('agent' in watched)) continue;
      if (!isRunning(watched.agent)) {
        // The exit of a child comes with its code; what has ended otherwise is seen here first.
        if (!this.#children.has(instance)) this.#end(instance, undefined);
      } else if (watched.phase === 'starting' && existsSync(watched.record)) {
        this.#watched.set(instance, { ...watched, phase: 'running' });
        this.#events.reported(instance);
      }
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const child of this.#children.values()) child.removeAllListeners('exit');
    this.#children.clear();
    this.#watched.clear();
  }
}
