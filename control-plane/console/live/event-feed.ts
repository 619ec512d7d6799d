/**
 * What happens on the platform, as one subscription of the page: lists that have no subscription of their own are asked for again when an
 * event says that they changed, and never otherwise. After a lost connection it goes on after the last event; where the platform has
 * not kept what lies between, everybody is told that anything may have changed.
 */
import { WatchEvents } from '../generated/operations.ts';
import type { Connection } from './connection.ts';

interface Listener {
  readonly types: readonly string[];
  readonly tell: () => void;
}

/** Changes come in groups: a roll-out writes several events within a moment. */
const GATHER_MILLISECONDS = 100;

export class EventFeed {
  readonly #connection: Connection;
  readonly #listeners = new Set<Listener>();
  readonly #due = new Set<Listener>();
  #after: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #end: (() => void) | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * @param types beginnings of event types, such as `token.`; `''` is every one
   * @param tell is called a moment after one or more of these happened, or may have
   * @returns ends the listening
   */
  on(types: readonly string[], tell: () => void): () => void {
    const listener = { types, tell };
    this.#listeners.add(listener);
    this.#end ??= this.#begin();
    return () => {
      this.#listeners.delete(listener);
      this.#due.delete(listener);
    };
  }

  close(): void {
    this.#end?.();
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  #begin(): () => void {
    let begun = 0;
    return this.#connection.watch(
      WatchEvents,
      () => {
        // Begun again without a place to go on from: what happened meanwhile is not known.
        if (begun++ > 0 && this.#after === null) this.#tell('');
        return { after: this.#after };
      },
      {
        onNext: ({ events: item }) => {
          if (item.__typename === 'Gap') {
            this.#after = item.next;
            this.#tell('');
          } else {
            this.#after = item.sequence;
            this.#tell(item.type);
          }
        },
        onRefused: () => {
          this.#end = undefined;
          this.#after = null;
        },
      },
    );
  }

  /** @param type of what happened; empty: anything */
  #tell(type: string): void {
    for (const listener of this.#listeners) {
      if (type === '' || listener.types.some((beginning) => type.startsWith(beginning))) this.#due.add(listener);
    }
    if (this.#due.size === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const due = [...this.#due];
      this.#due.clear();
      for (const { tell } of due) tell();
    }, GATHER_MILLISECONDS);
  }
}
