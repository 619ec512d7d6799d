/** The life of an instance as spans of time: what it was, from when, for how long, and why. */
import { meaningOf, type Tone } from './state-words.ts';

export interface Change {
  /** ISO 8601. */
  readonly at: string;
  readonly to: string;
  readonly cause: string | null;
  readonly reason: { readonly code: string; readonly message: string } | null;
}

export interface Span extends Change {
  /** Until the next change, or until now; null: it has ended, and nothing follows. */
  readonly seconds: number | null;
  readonly isNow: boolean;
}

/** @param changes oldest first @param now milliseconds since the epoch */
export function spansOf(changes: readonly Change[], now: number): Span[] {
  return changes.map((change, index) => {
    const next = changes[index + 1];
    const isNow = next === undefined;
    const until = isNow ? now : Date.parse(next.at);
    const hasEnded = isNow && change.to === 'terminated';
    return { ...change, isNow, seconds: hasEnded ? null : Math.max(0, (until - Date.parse(change.at)) / 1000) };
  });
}

/** A part of the whole life that looks the same. */
export interface Part {
  readonly tone: Tone;
  /** What it was in it, each state once. */
  readonly states: readonly string[];
  readonly seconds: number;
  /** Of the whole, 0 to 1. */
  readonly share: number;
}

/** For a bar: neighbours of the same tone are one. While it is unreachable it is bad, whatever it was last known to be. */
export function partsOf(spans: readonly Span[]): Part[] {
  const parts: { tone: Tone; states: string[]; seconds: number }[] = [];
  let state = '';
  for (const { to, seconds } of spans) {
    if (to !== 'unreachable' && to !== 'reachable') state = to;
    if (seconds === null || seconds === 0) continue;
    const shown = to === 'unreachable' ? to : state;
    const { tone } = meaningOf(shown);
    const last = parts.at(-1);
    if (last === undefined || last.tone !== tone) parts.push({ tone, states: [shown], seconds });
    else {
      last.seconds += seconds;
      if (!last.states.includes(shown)) last.states.push(shown);
    }
  }
  const whole = parts.reduce((sum, { seconds }) => sum + seconds, 0);
  return parts.map((part) => ({ ...part, share: part.seconds / whole }));
}
