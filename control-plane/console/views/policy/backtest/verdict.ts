/** What a backtest comes to, in one sentence that compares. */
import { span } from '../../../components/relative.ts';

interface Fit {
  readonly replicaHours: number;
  readonly shortSeconds: number;
}

export interface Compared {
  /** Seconds of the time that was asked about. */
  readonly seconds: number;
  readonly proposed: Fit;
  /** Null: it cannot be simulated. */
  readonly inForce: Fit | null;
  /** What really ran; null: that is not known. */
  readonly recorded: Fit | null;
}

/**
 * "With this policy, the last 7 d would have cost 412 replica-hours and been short for 34 s; now it is 520 replica-hours and 0 s:
 * 21 % cheaper, and short for 34 s more."
 */
export function verdictOf({ seconds, proposed, inForce, recorded }: Compared): string {
  const begin = `With this policy, the last ${span(seconds)} would have cost ${hoursOf(proposed)} and been short for ${shortOf(proposed)}`;
  if (inForce !== null)
    return `${begin}; now it is ${hoursOf(inForce)} and ${shortOf(inForce)}: ${difference(proposed, inForce)}.`;
  if (recorded !== null) return `${begin}; what really ran was ${hoursOf(recorded)} and ${shortOf(recorded)}.`;
  return `${begin}.`;
}

/** Whether the policy is better in both, worse in both, or better in one at the cost of the other. */
export function toneOf({ proposed, inForce }: Compared): 'good' | 'warning' | 'bad' | '' {
  if (inForce === null) return '';
  const cheaper = changeOf(proposed.replicaHours, inForce.replicaHours);
  const shorter = Math.round(proposed.shortSeconds) - Math.round(inForce.shortSeconds);
  if (cheaper === 0 && shorter === 0) return '';
  if (cheaper <= 0 && shorter <= 0) return 'good';
  return cheaper >= 0 && shorter >= 0 ? 'bad' : 'warning';
}

function difference(proposed: Fit, inForce: Fit): string {
  const cost = changeOf(proposed.replicaHours, inForce.replicaHours);
  const price = cost === 0 ? 'as expensive' : `${Math.abs(cost)} % ${cost < 0 ? 'cheaper' : 'more expensive'}`;
  const short = Math.round(proposed.shortSeconds) - Math.round(inForce.shortSeconds);
  if (short === 0) return `${price}, and ${proposed.shortSeconds < 0.5 ? 'never short either' : 'short for as long'}`;
  return `${price}, and short for ${span(Math.abs(short))} ${short > 0 ? 'more' : 'less'}`;
}

/** In whole per cent. */
function changeOf(now: number, before: number): number {
  return before === 0 ? (now === 0 ? 0 : 100) : Math.round((100 * (now - before)) / before);
}

function hoursOf({ replicaHours }: Fit): string {
  const hours = figureOf(replicaHours);
  return `${hours} replica-hour${hours === '1' ? '' : 's'}`;
}

/** Three digits that matter. */
export function figureOf(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function shortOf({ shortSeconds }: Fit): string {
  return span(shortSeconds);
}
