/** Asks for what a chart is to show and does not know yet: one question after the other, only what is still wanted. */
import type { HistoryAnswer, HistoryStore } from './history-store.ts';
import type { Interval } from './intervals.ts';

export interface LoaderOptions {
  readonly store: HistoryStore;
  /** Rejects when it cannot be had. */
  readonly ask: (question: Interval & { readonly step: number }) => Promise<HistoryAnswer>;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** Something more is known. */
  readonly onLoaded: () => void;
  /** It began or ended to wait, or was refused. */
  readonly onState: (state: LoaderState) => void;
}

export type LoaderState =
  { readonly kind: 'idle' } | { readonly kind: 'loading' } | { readonly kind: 'refused'; readonly error: unknown };

/** Wanted while a hand still moves the chart. */
const GATHER_MILLISECONDS = 120;
/** What is new is live; only what was missed is asked for, and not each second. */
const LEAST_GAP_MILLISECONDS = 2_000;
/** What was refused is asked for again after so long, or when somebody says so. */
const REFUSED_MILLISECONDS = 15_000;

export class HistoryLoader {
  readonly #options: LoaderOptions;
  #wanted: { readonly step: number; readonly spans: readonly Interval[] } = { step: 1, spans: [] };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  #isClosed = false;
  #askedAt = Number.NEGATIVE_INFINITY;
  #lastQuestion = '';
  #refusedAt = Number.NEGATIVE_INFINITY;

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /** @param spans the most important first */
  want(step: number, spans: readonly Interval[]): void {
    this.#wanted = { step, spans };
    if (this.#isAsking || this.#isClosed || performance.now() - this.#refusedAt < REFUSED_MILLISECONDS) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#ask();
    }, GATHER_MILLISECONDS);
  }

  /** What was refused may be asked for again. */
  retry(): void {
    this.#refusedAt = Number.NEGATIVE_INFINITY;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    const { store, ask, now, onLoaded, onState } = this.#options;
    this.#isAsking = true;
    try {
      for (let next = this.#next(); next !== undefined && !this.#isClosed; next = this.#next()) {
        const { question, step } = next;
        this.#lastQuestion = `${step} ${question.from}`;
        this.#askedAt = performance.now();
        onState({ kind: 'loading' });
        const at = now();
        const answer = await ask({ ...question, step });
        if (this.#isClosed) return;
        store.merge(step, question, answer, at);
        onLoaded();
      }
      onState({ kind: 'idle' });
    } catch (error) {
      this.#refusedAt = performance.now();
      if (!this.#isClosed) onState({ kind: 'refused', error });
    } finally {
      this.#isAsking = false;
    }
  }

  #next(): { readonly step: number; readonly question: Interval } | undefined {
    const { step, spans } = this.#wanted;
    for (const span of spans) {
      // The newest first: that is where one looks.
      const question = this.#options.store.questions(step, span, this.#options.now()).at(-1);
      if (question === undefined) continue;
      const isSame = this.#lastQuestion === `${step} ${question.from}`;
      if (isSame && performance.now() - this.#askedAt < LEAST_GAP_MILLISECONDS) return undefined;
      return { step, question };
    }
    return undefined;
  }
}
