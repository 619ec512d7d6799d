/**
 * Keeps what we have applied as we have applied it. A field of ours that somebody else changes, or an object of ours that somebody else
 * deletes, is put back by applying it again, and told of; a field that we have never set is nobody's business here. Two who will not give in do
 * not write for ever at full speed: the pauses grow.
 */
import type { KubernetesObject } from '@kubernetes/client-node';
import { differences, lastStranger } from '../objects/drift.ts';
import { FIELD_MANAGER, SLOTS_MANAGER } from '../objects/names.ts';
import type { Applied } from './applied.ts';

const FIRST_PAUSE_MILLISECONDS = 1000;
const LONGEST_PAUSE_MILLISECONDS = 300_000;
/** As long without a change makes the next one the first again. */
const QUIET_MILLISECONDS = 600_000;

export interface ForeignChange {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Paths of the fields that were changed; none: the object was deleted. */
  readonly fields: readonly string[];
  /** Who did it, by its field manager; null: not known. */
  readonly by: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether it is as it was before. */
  readonly isReverted: boolean;
}

export interface GuardOptions {
  readonly applied: Applied;
  /** `uid`: of the object that it has to be still; undefined: it is made again. */
  readonly apply: (object: KubernetesObject, uid: string | undefined) => Promise<void>;
  /** Runs the work when nobody else writes what is at this place. */
  readonly inTurn: (object: KubernetesObject, work: () => Promise<void>) => Promise<void>;
  readonly onForeignChange: (change: ForeignChange) => void;
  readonly onProblem: (error: unknown) => void;
  readonly now: () => number;
}

interface Quarrel {
  readonly times: number;
  readonly at: number;
}

export class Guard {
  readonly #options: GuardOptions;
  readonly #quarrels = new Map<string, Quarrel>();
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  #isClosed = false;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** To be called with each state of an object that is seen. */
  seen(present: KubernetesObject): void {
    const { applied } = this.#options;
    const wanted = applied.wanted(present);
    if (wanted === undefined || present.metadata?.deletionTimestamp !== undefined) return;
    const fields = differences(wanted, present);
    if (fields.length === 0) return;
    applied.doubt(present);
    this.#putBack(present, fields);
  }

  /** To be called when an object is seen to be deleted. `isNeeded`: whether what it belongs to is still there. */
  gone(object: KubernetesObject, isNeeded: boolean): void {
    if (this.#options.applied.wanted(object) === undefined) return;
    this.#options.applied.doubt(object);
    if (isNeeded) this.#putBack(object, []);
    else if (object.kind === 'Deployment') this.#tell(object, [], false);
  }

  /** Something of ours was changed that is put back elsewhere. */
  told(object: KubernetesObject, fields: readonly string[]): void {
    this.#tell(object, fields, true);
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #putBack(object: KubernetesObject, fields: readonly string[]): void {
    const key = this.#options.applied.keyOf(object);
    if (this.#isClosed || this.#waiting.has(key)) return;
    this.#waiting.set(
      key,
      setTimeout(() => {
        this.#waiting.delete(key);
        this.#options
          .inTurn(object, async () => {
            const latest = this.#options.applied.latest(object);
            if (this.#isClosed || latest === undefined) return;
            await this.#options.apply(latest, fields.length > 0 ? object.metadata?.uid : undefined);
            this.#tell(object, fields, true);
          })
          .catch((error: unknown) => {
            this.#tell(object, fields, false);
            this.#options.onProblem(error);
          });
      }, this.#pause(key)),
    );
  }

  #pause(key: string): number {
    const now = this.#options.now();
    const before = this.#quarrels.get(key);
    const times = before !== undefined && now - before.at < QUIET_MILLISECONDS ? before.times + 1 : 0;
    this.#quarrels.set(key, { times, at: now });
    if (times === 0) return 0;
    return Math.min(LONGEST_PAUSE_MILLISECONDS, FIRST_PAUSE_MILLISECONDS * 2 ** Math.min(times - 1, 20));
  }

  #tell(object: KubernetesObject, fields: readonly string[], isReverted: boolean): void {
    const { kind = '', metadata } = object;
    this.#options.onForeignChange({
      kind,
      namespace: metadata?.namespace ?? '',
      name: metadata?.name ?? '',
      fields,
      by: fields.length === 0 ? null : (lastStranger(object, [FIELD_MANAGER, SLOTS_MANAGER]) ?? null),
      labels: metadata?.labels ?? {},
      isReverted,
    });
  }
}
