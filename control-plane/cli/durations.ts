/** Durations as people type them. */
import { usage } from './exit.ts';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds, above 0, from `90s`, `5m`, `1.5h`, `1d`. Throws a usage error that names `option`. */
export function parseDuration(text: string, option: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)([smhd])$/.exec(text);
  const seconds = match === null ? 0 : Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS];
  if (seconds <= 0) throw usage(`${option}: expected a duration such as 90s, 5m, 2h or 1d, got "${text}"`);
  return seconds;
}
