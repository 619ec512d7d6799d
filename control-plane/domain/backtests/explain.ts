/** The result of a backtest as one sentence. */
import { formatNumber } from '../autoscaling/format.ts';
import type { Coverage } from './recorded-demand.ts';
import type { FitScores } from './scores.ts';

export interface Explained extends Coverage {
  /** End of the time, in milliseconds since the epoch. */
  readonly to: number;
  readonly proposed: FitScores;
  /** Null: it cannot be simulated. */
  readonly inForce: FitScores | null;
  readonly recorded: FitScores | null;
}

export function explainBacktest({ to, seconds, coveredSeconds, proposed, inForce, recorded }: Explained): string {
  const share = Math.floor((100 * coveredSeconds) / seconds);
  const known = share === 100 ? '' : `, of which ${share < 1 ? 'less than 1' : share} % are recorded,`;
  const time = `the ${formatSpan(seconds)} to ${new Date(to).toISOString().slice(0, 16)}Z${known}`;
  const now = inForce === null ? '' : `; with the policy in force ${figures(inForce)}`;
  const real = recorded === null ? '' : `; what really ran was ${figures(recorded)}`;
  return `With this policy ${time} would have cost ${figures(proposed, 'and been short for')}${now}${real}.`;
}

function figures({ replicaHours, shortSeconds }: FitScores, and = 'and short for'): string {
  const hours = formatNumber(replicaHours);
  return `${hours} replica-hour${hours === '1' ? '' : 's'} ${and} ${formatNumber(Math.round(shortSeconds))} s`;
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** In the largest unit that gives at least two, to two digits. */
function formatSpan(seconds: number): string {
  const [unit, length] = UNITS.find(([, size]) => seconds >= 2 * size) ?? UNITS.at(-1)!;
  return `${Number((seconds / length).toPrecision(2))} ${unit}s`;
}
