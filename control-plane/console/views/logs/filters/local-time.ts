/** Times as `<input type="datetime-local">` has them: in the zone of the reader, to the second. */

/** @param iso ISO 8601; undefined: none @returns `2026-11-30T09:00:00`, or nothing */
export function localOf(iso: string | undefined): string {
  if (iso === undefined) return '';
  const time = new Date(iso);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** @returns ISO 8601 in UTC; undefined for what is no time */
export function isoOf(local: string): string | undefined {
  const time = new Date(local);
  return local === '' || Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** Times that are asked for most, back from now. */
export const SPANS = [
  { name: 'the last 15 minutes', minutes: 15 },
  { name: 'the last hour', minutes: 60 },
  { name: 'the last 6 hours', minutes: 360 },
  { name: 'the last day', minutes: 1440 },
] as const;
