/**
 * What became of the forecasts: each is kept until its time has come and held against what the demand was then.
 *
 * A forecaster's loss is the pinball loss (Koenker and Bassett 1978) of what would have been provided for had it alone been followed, its
 * prediction plus the error e of them all together: too low by d costs τ·d, too high by d costs (1 − τ)·d. τ is 0.84, the part of a
 * normal distribution below one standard error. Being short is about five times as bad as having too much, which is what it is to
 * those who wait.
 *
 * Means are exponential with a half-life of {@link HALF_LIFE_SECONDS}. A demand above the forecast by more than {@link SURPRISE_ERRORS} of the errors
 * usual here is a surprise: something has begun that the past did not tell of. What is off by more than {@link MOST_ERRORS} counts as so much, so
 * that a single jump is not for minutes an error to be expected, and jumps that come again and again still become one.
 *
 * O(1) a second; about 6 KB a factor.
 */
import type { Forecast, WindowSecond } from '../autoscaling/decision.ts';
import { FORECASTERS, type ForecastScores } from './combination.ts';
import { lastValue } from './constant-forecasts.ts';
import { seriesOf } from './least-squares.ts';
import { RING_SECONDS, slotOf } from './ring.ts';

const HALF_LIFE_SECONDS = 600;
const KEPT = 0.5 ** (1 / HALF_LIFE_SECONDS);
const TAU = 0.84;
/** A single second of requests is mostly chance; the demand of a time is the mean of it and its neighbours. */
const REALISED_SECONDS = 3;
/** Seconds from the newest of a window to the time whose demand is known with it. */
const MIDDLE = (REALISED_SECONDS - 1) / 2;
/** Scores of fewer forecasts say nothing. */
const LEAST_DUE = 30;
const SURPRISE_ERRORS = 6;
/** What is off by more counts as so many errors. */
const MOST_ERRORS = 3;
/** How long what began is followed by itself, in seconds. */
const SURPRISED_SECONDS = 30;
/** What is off by less than this share of the demand needs no hurry. */
const LEAST_SURPRISE = 0.1;

/** What the forecasters say, one column each, and behind them what they say together. */
const TOGETHER = FORECASTERS.length;
const COLUMNS = TOGETHER + 1;

export class Scoreboard {
  /** By the second that was forecast. */
  readonly #pending = new Float64Array(RING_SECONDS * COLUMNS);
  readonly #targets = new Float64Array(RING_SECONDS).fill(Number.NaN);
  readonly #losses = new Float64Array(TOGETHER);
  /** Mean square of what they were off together. */
  #square = 0;
  #due = 0;
  #seen = Number.NEGATIVE_INFINITY;
  #surprisedAt = Number.NEGATIVE_INFINITY;

  /** `undefined` until enough forecasts have come due. */
  get scores(): ForecastScores | undefined {
    if (this.#due < LEAST_DUE) return undefined;
    const known = knownAfter(this.#due);
    return {
      losses: Array.from(this.#losses, (loss) => loss / known),
      error: this.#error,
      surprised: this.#seen - this.#surprisedAt <= SURPRISED_SECONDS,
    };
  }

  /**
   * What was forecast at `now` (milliseconds since the epoch) from a window that is not empty; forecasts for the window's newest seconds are
   * held against it. Saying the same again changes nothing.
   */
  observe(window: readonly WindowSecond[], now: number, forecast: Forecast): void {
    const newest = window.at(-1)!.second;
    // The clock was set back.
    if (newest < this.#seen - RING_SECONDS) this.#seen = this.#surprisedAt = Number.NEGATIVE_INFINITY;
    if (newest > this.#seen) {
      const realised = lastValue(seriesOf(window.slice(-REALISED_SECONDS)), REALISED_SECONDS);
      const last = newest - MIDDLE;
      const first = Math.max(this.#seen - MIDDLE, last - REALISED_SECONDS) + 1;
      this.#seen = newest;
      for (let second = first; second <= last; second += 1) this.#settle(second, realised);
    }
    this.#expect(Math.floor(now / 1000 + forecast.horizonSeconds), forecast);
  }

  #expect(second: number, { forecasters, predicted }: Forecast): void {
    const slot = slotOf(second);
    const cell = slot * COLUMNS;
    this.#targets[slot] = second;
    for (let index = 0; index < TOGETHER; index += 1) this.#pending[cell + index] = forecasters[index]!.predicted;
    this.#pending[cell + TOGETHER] = predicted;
  }

  #settle(second: number, realised: number): void {
    const slot = slotOf(second);
    if (this.#targets[slot] !== second) return;
    this.#targets[slot] = Number.NaN;
    const cell = slot * COLUMNS;
    const error = this.#error;
    for (let index = 0; index < TOGETHER; index += 1) {
      const off = realised - this.#pending[cell + index]!;
      this.#losses[index] = mean(this.#losses[index]!, pinball(off - error));
    }
    const off = realised - this.#pending[cell + TOGETHER]!;
    const least = LEAST_SURPRISE * realised;
    if (off > Math.max(SURPRISE_ERRORS * error, least) && this.#due >= LEAST_DUE) this.#surprisedAt = this.#seen;
    this.#square = mean(this.#square, Math.min(Math.abs(off), Math.max(MOST_ERRORS * error, least)) ** 2);
    this.#due += 1;
  }

  /** Root mean square of what the forecasts together were off. */
  get #error(): number {
    return this.#due === 0 ? 0 : Math.sqrt(this.#square / knownAfter(this.#due));
  }
}

function mean(before: number, value: number): number {
  return KEPT * before + (1 - KEPT) * value;
}

/** A mean that began with nothing is too small until it has forgotten that: by this factor after so many values. */
function knownAfter(due: number): number {
  return 1 - KEPT ** due;
}

function pinball(off: number): number {
  return off > 0 ? TAU * off : (TAU - 1) * off;
}
