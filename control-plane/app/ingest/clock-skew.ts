/**
 * How far a clock is off, by messages that carry its time: each says it less the time that it took to come. So the one that came
 * quickest is the nearest to it (the filter of clocks in NTP, RFC 5905, section 10).
 */

/** Messages that are looked at; a clock that was set back is believed once so many have come since. */
const MESSAGES = 12;

/**
 * @param before what earlier messages said, the newest last
 * @param said clock less receipt, in seconds, by the newest message
 * @returns the same with it, as many as are looked at
 */
export function heardClock(before: readonly number[], said: number): readonly number[] {
  return [...before, said].slice(-MESSAGES);
}

/** Seconds that the clock is ahead, less the time that the quickest of the messages took; null: none has said. */
export function clockSkew(heard: readonly number[]): number | null {
  return heard.length === 0 ? null : Math.max(...heard);
}
