/** Durations as people type them. */
import { usage } from './exit.ts';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** As people type them. */
interface Bounds {
  readonly least?: string;
  readonly most?: string;
}

/** Seconds, above 0, from `90s`, `5m`, `1.5h`, `1d`, within the bounds. Throws a usage error that names `option`. */
export function parseDuration(text: string, option: string, { least, most }: Bounds = {}): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)([smhd])$/.exec(text);
  const seconds = match === null ? 0 : Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS];
  if (seconds <= 0) throw usage(`${option}: expected a duration such as 90s, 5m, 2h or 1d, got "${text}"`);
  if (least !== undefined && seconds < parseDuration(least, option))
    throw usage(`${option}: expected ${least} at least, got "${text}"`);
  if (most !== undefined && seconds > parseDuration(most, option))
    throw usage(`${option}: expected ${most} at most, got "${text}"`);
  return seconds;
}
