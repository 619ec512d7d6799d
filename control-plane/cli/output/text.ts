/** Values as people read them. */

const SECOND = 1000;
const UNITS: readonly (readonly [label: string, milliseconds: number])[] = [
  ['d', 86_400 * SECOND],
  ['h', 3600 * SECOND],
  ['min', 60 * SECOND],
  ['s', SECOND],
];

/** `12 s ago`, `3 min ago`, `in 52 min`, `now`; a dash for null. `now` in milliseconds since the epoch. */
export function relative(time: string | null, now: number): string {
  if (time === null) return NOTHING;
  const difference = now - Date.parse(time);
  const size = Math.abs(difference);
  const unit = UNITS.find(([, milliseconds]) => size >= milliseconds);
  if (unit === undefined) return 'now';
  const text = `${Math.floor(size / unit[1])} ${unit[0]}`;
  return difference >= 0 ? `${text} ago` : `in ${text}`;
}

/** What stands in a table where there is nothing. */
export const NOTHING = '-';

/** `512 B`, `1.5 MiB`, `2 GiB`; a dash for null. */
export function size(bytes: number | null): string {
  if (bytes === null) return NOTHING;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${figure(value)} ${units[unit]}`;
}

/** At most three digits that matter: `0.25`, `12.3`, `4711`; a dash for null. */
export function figure(value: number | null): string {
  if (value === null) return NOTHING;
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

export function percent(value: number | null): string {
  return value === null ? NOTHING : `${figure(value)} %`;
}

/** `READY_TO_SHUTDOWN` as the design writes it: `ready-to-shutdown`. */
export function word(value: string): string {
  return value.toLowerCase().replaceAll('_', '-');
}

/** The end of a uid, enough to tell a few instances apart; its beginning is only a time. */
export function short(uid: string): string {
  return uid.slice(-6);
}

/** The text without what could steer a terminal: control characters become visible. */
export function printable(text: string): string {
  // eslint's no-control-regex is about mistakes; here the control characters are meant, so they are named by property.
  return text.replace(/\p{Cc}/gu, (character) =>
    character === '\t' ? '  ' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** On one line and at most `length` characters long. */
export function brief(text: string, length = 80): string {
  const line = printable(text.replace(/\s+/g, ' ').trim());
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
