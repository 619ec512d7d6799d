/**
 * What a chart knows of a service cluster: what the history answered, in several steps, and behind it what comes live, second by second. A
 * stretch that was missed (the connection was lost) is found missing, and asked for.
 */
import { lengthWithin, missingOf, type Interval } from './intervals.ts';
import { Level } from './level.ts';
import { keptFrom, questionsOf } from './steps.ts';

/** As the API's type `History` says it, with the time in seconds since 1970. */
export interface HistoryAnswer {
  readonly from: number;
  readonly stepSeconds: number;
  readonly points: number;
  readonly series: readonly {
    readonly name: string;
    readonly mean: readonly (number | null)[];
    readonly maximum: readonly (number | null)[];
  }[];
}

/** What is so at a moment, by the names that the history has. */
export interface LiveSample {
  /** Seconds since 1970. */
  readonly at: number;
  readonly values: Readonly<Record<string, number | null>>;
}

/** Columns of equal length. */
export interface Shown {
  readonly step: number;
  /** When each step begins, in seconds since 1970. */
  readonly times: number[];
  readonly of: (name: string) => { mean: (number | null)[]; maximum: (number | null)[] };
}

/** Reports of the newest seconds still come: the history says nothing of them yet. */
const SETTLED_SECONDS = 4;
/** A service cluster of which nothing is heard for so long is as it was: no news is no change. */
const HOLD_SECONDS = 6;
/** What is missing up to now grows until it meets what is live: it is asked for once then, or when it has become so long. */
const GROWING_SECONDS = 15;

export class HistoryStore {
  readonly #levels = new Map<number, Level>([[1, new Level(1)]]);
  /** The newest; its second is not over. */
  #pending: LiveSample | null = null;
  /** The newest follows the one before without a loss. */
  #isUnbroken = false;

  /** The newest live sample. */
  get newest(): LiveSample | null {
    return this.#pending;
  }

  /**
   * Takes what was answered to a question for a step.
   * @param asked in seconds since 1970, on whole steps
   * @param now when it was asked
   */
  merge(step: number, asked: Interval, answer: HistoryAnswer, now: number): void {
    const level = this.#level(step);
    const known = Math.min(asked.to, Math.floor(now) - SETTLED_SECONDS);
    const first = Math.round(asked.from / step);
    // Behind what is known there may be live seconds already, which stay.
    level.clear(first, Math.max(0, Math.ceil((known - asked.from) / step)));
    for (const { name, mean, maximum } of answer.series) {
      for (let index = 0; index < mean.length; index += 1) {
        const value = mean[index];
        if (value === null || value === undefined) continue;
        const begin = answer.from + index * answer.stepSeconds;
        // Steps that are wider than asked for stand for each of the points within.
        const to = Math.min(begin + answer.stepSeconds, known);
        for (let at = Math.max(begin, asked.from); at < to; at += step)
          level.set(Math.floor(at / step), name, value, maximum[index] ?? value);
      }
    }
    level.cover({ from: asked.from, to: known });
  }

  /** Takes what is so now. Earlier ones than the newest are not taken. */
  append(sample: LiveSample): void {
    const before = this.#pending;
    if (before !== null && sample.at < before.at) return;
    if (before !== null) this.#settle(before, sample);
    this.#isUnbroken = true;
    this.#pending = sample;
  }

  /** The connection was lost: what comes next does not follow what came last. */
  interrupt(): void {
    this.#isUnbroken = false;
  }

  /** Questions that are to be asked so that a span is known in a step. */
  questions(step: number, view: Interval, now: number): Interval[] {
    const span = this.#knowable(step, view, now);
    return missingOf(this.#level(step).covered, span)
      .filter(({ from, to }) => to < span.to || to - from >= GROWING_SECONDS)
      .flatMap((missing) => questionsOf(missing, step));
  }

  /** Share of a span that is known in a step, 0 to 1. */
  coverage(step: number, view: Interval, now: number): number {
    const span = this.#knowable(step, view, now);
    if (span.to <= span.from) return 1;
    return lengthWithin(this.#level(step).covered, span) / (span.to - span.from);
  }

  /** The step to show a span in: the wanted one, or, while little of that is known, another of which more is. */
  bestStep(wanted: number, view: Interval, now: number): number {
    let best = { step: wanted, coverage: this.coverage(wanted, view, now) };
    const others = [...this.#levels.keys()].sort((a, b) => distance(a, wanted) - distance(b, wanted));
    for (const step of others) {
      const points = (view.to - view.from) / step;
      const coverage = points > 20_000 ? 0 : this.coverage(step, view, now);
      if (coverage > best.coverage + 0.05) best = { step, coverage };
    }
    return best.step;
  }

  /** @param span in seconds since 1970 */
  read(step: number, { from, to }: Interval): Shown {
    const level = this.#level(step);
    const first = Math.floor(from / step);
    const last = Math.min(Math.ceil(to / step), Math.floor((this.#pending?.at ?? to) / step) + 1);
    const count = Math.max(0, last - first);
    const times = Array.from({ length: count }, (_, index) => (first + index) * step);
    return {
      step,
      times,
      of: (name) => {
        const columns = level.read(first, count, name);
        this.#addPending(step, first, name, columns.mean, columns.maximum);
        return columns;
      },
    };
  }

  /** What lies ahead, or is not kept that finely, cannot be known. */
  #knowable(step: number, view: Interval, now: number): Interval {
    return { from: Math.max(view.from, keptFrom(step, now)), to: Math.min(view.to, Math.floor(now) - SETTLED_SECONDS) };
  }

  /** A second is over: it counts, and so do those since, if nothing was lost. */
  #settle(before: LiveSample, next: LiveSample): void {
    const begin = Math.floor(before.at);
    const end = Math.floor(next.at);
    if (end === begin) return;
    const follows = this.#isUnbroken && end - begin <= HOLD_SECONDS;
    for (let second = begin; second < (follows ? end : begin + 1); second += 1) this.#put(second, before);
  }

  #put(second: number, { values }: LiveSample): void {
    for (const level of this.#levels.values()) {
      const point = Math.floor(second / level.step);
      const known = lengthWithin(level.covered, { from: point * level.step, to: second });
      if (lengthWithin(level.covered, { from: second, to: second + 1 }) > 0) continue;
      for (const [name, value] of Object.entries(values)) if (value !== null) level.fold(point, name, value, known);
      level.cover({ from: second, to: second + 1 });
    }
  }

  #addPending(step: number, first: number, name: string, mean: (number | null)[], maximum: (number | null)[]): void {
    const value = this.#pending?.values[name] ?? null;
    const index = Math.floor((this.#pending?.at ?? 0) / step) - first;
    if (value === null || index < 0 || index >= mean.length) return;
    mean[index] ??= value;
    maximum[index] = Math.max(maximum[index] ?? value, value);
  }

  #level(step: number): Level {
    let level = this.#levels.get(step);
    if (level === undefined) {
      level = new Level(step);
      this.#levels.set(step, level);
    }
    return level;
  }
}

function distance(a: number, b: number): number {
  return Math.abs(Math.log(a / b));
}
