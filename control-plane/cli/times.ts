/** Points in time as people give them. */
import { parseDuration } from './durations.ts';
import { usage } from './exit.ts';

/**
 * A duration before now (milliseconds since the epoch), or a time. Throws a usage error that names the option.
 *
 * @returns RFC 3339
 */
export function parseTime(text: string, option: string, now: number): string {
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) {
    const time = Date.parse(text);
    if (!Number.isNaN(time)) return new Date(time).toISOString();
  }
  if (/^\d/.test(text) && /[smhd]$/.test(text)) return new Date(now - parseDuration(text, option) * 1000).toISOString();
  throw usage(
    `${option}: expected a duration such as 10m or 2h, or a time such as 2026-03-01T12:00:00Z, got "${text}"`,
  );
}
