/** Where decisions stand on the chart, so that no two of them cover each other. */
export interface Marked {
  readonly uid: string;
  /** Seconds since 1970. */
  readonly at: number;
  readonly acted: boolean;
  readonly from: number;
  readonly to: number;
  readonly sentence: string;
}

export interface Marker {
  /** The one that it stands for: the last that was acted on, else the last. */
  readonly decision: Marked;
  /** Where it was made, in pixels from the left edge. */
  readonly x: number;
  /** The middle of the place that is its own, {@link PLACE} wide, in pixels from the left edge: where it is pointed at. */
  readonly place: number;
  /** Others at the same place. */
  readonly others: number;
}

/** Pixels that each marker has for itself: WCAG 2.2, target size. */
const PLACE = 24;

/**
 * @param decisions oldest first
 * @param view in seconds since 1970
 * @param width of the view in pixels
 * @returns from left to right
 */
export function placeMarkers(
  decisions: readonly Marked[],
  view: { readonly from: number; readonly to: number },
  width: number,
): Marker[] {
  const markers: Marker[] = [];
  const scale = width / (view.to - view.from);
  let place = Number.NEGATIVE_INFINITY;
  for (const decision of decisions) {
    if (decision.at < view.from || decision.at > view.to) continue;
    const x = (decision.at - view.from) * scale;
    const before = markers.at(-1);
    // Places are of the time and not of the view: a marker does not jump from one group to another while the chart is panned.
    const next = Math.floor((decision.at * scale) / PLACE);
    const middle = (next + 0.5) * PLACE - view.from * scale;
    if (before === undefined || next !== place) markers.push({ decision, x, place: middle, others: 0 });
    else {
      const isStronger = decision.acted || !before.decision.acted;
      markers[markers.length - 1] = isStronger
        ? { decision, x, place: middle, others: before.others + 1 }
        : { ...before, others: before.others + 1 };
    }
    place = next;
  }
  return markers;
}

/** What a marker says to those who cannot see it. */
export function markerText({ decision, others }: Marker): string {
  return others === 0
    ? decision.sentence
    : `${decision.sentence} (and ${others} more ${others === 1 ? 'decision' : 'decisions'} at this place)`;
}
