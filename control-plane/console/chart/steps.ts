/**
 * How finely the past is asked for: so that a screen has about one point a pixel, and no finer than the control plane keeps it
 * (1 s for an hour, 10 s for 14 days, a minute for 90 days, an hour for 13 months).
 */
import type { Interval } from './intervals.ts';

/** The shortest and the longest time that is looked at, in seconds. */
export const SHORTEST_SPAN = 120;
export const LONGEST_SPAN = 7 * 86_400;

/** Each a multiple of the step that is kept from which it is made. */
const LADDER = [1, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600] as const;
const KEPT = [
  { stepSeconds: 1, keptSeconds: 3_600 },
  { stepSeconds: 10, keptSeconds: 14 * 86_400 },
  { stepSeconds: 60, keptSeconds: 90 * 86_400 },
] as const;
const COARSEST = 3_600;
/** What is about to be dropped may be gone when the question arrives. */
const MARGIN_SECONDS = 20;
/** An answer has at most so many points. */
export const MOST_POINTS_OF_ANSWER = 2_000;

/**
 * @param view what is to be seen, in seconds since 1970
 * @param now in seconds since 1970
 * @param most points that are to be seen at most, such as pixels
 * @returns seconds, one of a fixed few, so that what was asked for can be used again
 */
export function stepFor(view: Interval, now: number, most: number): number {
  const least = Math.max((view.to - view.from) / most, keptStep(view.from, now));
  return LADDER.find((step) => step >= least) ?? COARSEST;
}

/** The finest step that is kept as far back as a time. */
function keptStep(from: number, now: number): number {
  return KEPT.find(({ keptSeconds }) => from >= now - keptSeconds + MARGIN_SECONDS)?.stepSeconds ?? COARSEST;
}

/** How far back a step is kept, in seconds since 1970. */
export function keptFrom(step: number, now: number): number {
  const kept = KEPT.findLast(({ stepSeconds }) => stepSeconds <= step && step < COARSEST);
  return kept === undefined ? Number.NEGATIVE_INFINITY : now - kept.keptSeconds + MARGIN_SECONDS;
}

/** A span as questions of whole steps, each short enough for one answer. */
export function questionsOf({ from, to }: Interval, step: number): Interval[] {
  const first = Math.floor(from / step);
  const end = Math.ceil(to / step);
  const questions: Interval[] = [];
  for (let start = first; start < end; start += MOST_POINTS_OF_ANSWER) {
    questions.push({ from: start * step, to: Math.min(end, start + MOST_POINTS_OF_ANSWER) * step });
  }
  return questions;
}
