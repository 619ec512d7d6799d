/** Which part of time a chart shows, and how that is moved. In seconds since 1970. */
import { LONGEST_SPAN, SHORTEST_SPAN } from './steps.ts';

export interface View {
  readonly from: number;
  readonly to: number;
  /** Moves on with the time. */
  readonly follows: boolean;
}

export interface Bounds {
  /** Nothing is before. */
  readonly earliest: number;
  readonly now: number;
  /** How far ahead forecasts look, in seconds. */
  readonly horizonSeconds: number;
}

/** A view of so many seconds that ends with the forecast. */
export function following(span: number, bounds: Bounds): View {
  const to = bounds.now + aheadOf(span, bounds);
  return { from: to - span, to, follows: true };
}

/** The same a moment later. */
export function carriedOn(view: View, bounds: Bounds): View {
  return view.follows ? following(view.to - view.from, bounds) : view;
}

/**
 * @param factor below 1 to see less time, more closely
 * @param anchor the time that stays where it is; one that follows stays at now
 */
export function zoomed(view: View, factor: number, anchor: number, bounds: Bounds): View {
  const span = Math.min(LONGEST_SPAN, Math.max(SHORTEST_SPAN, (view.to - view.from) * factor));
  if (view.follows) return following(span, bounds);
  const share = (anchor - view.from) / (view.to - view.from);
  return within(anchor - share * span, span, bounds);
}

/** Of the same centre, or still following. @param span in seconds */
export function ofSpan(view: View, span: number, bounds: Bounds): View {
  return zoomed(view, span / (view.to - view.from), (view.from + view.to) / 2, bounds);
}

/** @param seconds above 0 to later; who moves to the end follows again */
export function panned(view: View, seconds: number, bounds: Bounds): View {
  return within(view.from + seconds, view.to - view.from, bounds);
}

/** With a time in it, unless it is already; the span stays. */
export function showing(view: View, at: number, bounds: Bounds): View {
  if (at >= view.from && at <= view.to) return view;
  const span = view.to - view.from;
  return within(at - span / 2, span, bounds);
}

function within(from: number, span: number, bounds: Bounds): View {
  const end = following(span, bounds);
  if (from >= end.from) return end;
  const first = Math.min(end.from, Math.max(from, bounds.earliest - span / 2));
  return { from: first, to: first + span, follows: false };
}

/** What is ahead of now: the whole forecast with some room, as long as most of the view is past. */
function aheadOf(span: number, { horizonSeconds }: Bounds): number {
  return Math.min(Math.max(horizonSeconds * 1.2, span * 0.02), span * 0.4);
}
