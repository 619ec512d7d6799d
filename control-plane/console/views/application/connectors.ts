/**
 * How the lines between lanes run: from one lane out to a vertical track beside the lanes, and back in to another. Lines of one kind from one lane
 * share a track; on a track no two overlap, so that each can be followed by eye.
 */
import type { Link, LinkKind } from './topology.ts';

/** All lines of one kind from one lane. */
export interface Bus {
  readonly kind: LinkKind;
  readonly from: number;
  readonly to: readonly number[];
  /** From 0, which is nearest to the lanes. */
  readonly track: number;
}

/** Short ones are nearest to the lanes. */
export function routeLinks(links: readonly Link[]): readonly Bus[] {
  const buses = new Map<string, { kind: LinkKind; from: number; to: number[] }>();
  for (const { kind, from, to } of links) {
    const key = `${kind} ${from}`;
    const bus = buses.get(key) ?? { kind, from, to: [] };
    if (!bus.to.includes(to)) bus.to.push(to);
    buses.set(key, bus);
  }
  const routed: Bus[] = [];
  for (const bus of [...buses.values()].sort((a, b) => length(a) - length(b))) {
    let track = 0;
    while (routed.some((other) => other.track === track && overlap(other, bus))) track += 1;
    routed.push({ ...bus, track });
  }
  return routed;
}

type Span = Pick<Bus, 'from' | 'to'>;

function ends({ from, to }: Span): readonly [first: number, last: number] {
  return [Math.min(from, ...to), Math.max(from, ...to)];
}

function length(span: Span): number {
  const [first, last] = ends(span);
  return last - first;
}

/** Lines that meet at one lane would seem to be one. */
export function overlap(a: Span, b: Span): boolean {
  const [aFirst, aLast] = ends(a);
  const [bFirst, bLast] = ends(b);
  return aFirst <= bLast && bFirst <= aLast;
}

/** In pixels. */
const TRACK_WIDTH = 14;
const ARROW = 5;
/** Where a kind of line meets a lane, beside its middle. */
const BESIDE: Readonly<Record<LinkKind, number>> = { requests: 0, 'starts-after': 9, 'scales-with': 18 };

/** @returns the width that the tracks need beside the lanes, in pixels */
export function gutterWidth(buses: readonly Bus[]): number {
  return (
    buses.reduce((most, { track }) => Math.max(most, track + 1), 0) * TRACK_WIDTH + (buses.length > 0 ? TRACK_WIDTH : 0)
  );
}

/**
 * SVG path data of a bus with an arrow at each lane that it leads to.
 *
 * @param middles of the lanes, in pixels from the top @param right where the lanes begin, in pixels
 */
export function busPath({ kind, from, to, track }: Bus, middles: readonly number[], right: number): string {
  const x = right - (track + 1.5) * TRACK_WIDTH;
  const at = (lane: number): number => Math.round((middles[lane] ?? 0) + BESIDE[kind]);
  const lines = to.map((lane) => {
    const y = at(lane);
    const arrow = `m${-ARROW} ${-ARROW}l${ARROW} ${ARROW}l${-ARROW} ${ARROW}`;
    return `M${right} ${at(from)}H${x}V${y}H${right - 1}${arrow}`;
  });
  return lines.join('');
}
