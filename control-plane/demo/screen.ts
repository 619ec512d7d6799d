/** What the demo tells, a line at a time, on the stream that it is given. */
import type { Snapshot } from './observer.ts';

export class Screen {
  readonly #write: (text: string) => void;
  readonly #startedAt: number;
  #lastStatus = 0;

  constructor(write: (text: string) => void, startedAt: number) {
    this.#write = write;
    this.#startedAt = startedAt;
  }

  /** Something that happens, or that the demo does. */
  say(text: string, at: number = Date.now()): void {
    const seconds = Math.max(0, Math.round((at - this.#startedAt) / 1000));
    this.#write(`${`${seconds}`.padStart(4)} s  ${text}\n`);
  }

  /** Where things stand; every few seconds, not with every change. */
  status(snapshot: Snapshot, rate: number, everyMilliseconds = 5000): void {
    if (snapshot.at - this.#lastStatus < everyMilliseconds) return;
    this.#lastStatus = snapshot.at;
    const factor = snapshot.factors.find(({ name }) => name === 'requestsInFlight');
    const observed =
      factor?.observed === null || factor === undefined ? 'nothing yet' : `${factor.observed.toFixed(1)} in flight`;
    const forecast =
      factor?.forecast === null || factor === undefined
        ? ''
        : `, ${factor.forecast.predicted.toFixed(1)} (±${factor.forecast.error.toFixed(1)}) expected in ${snapshot.horizonSeconds.toFixed(1)} s`;
    const starting = snapshot.starting > 0 ? ` + ${snapshot.starting} starting` : '';
    this.say(
      `   ${rate.toFixed(0)} requests/s; ${observed}${forecast}; ${snapshot.active} active${starting} of ${snapshot.wanted} wanted`,
      snapshot.at,
    );
  }
}
