/** Values as people read them. */

const SECOND = 1000;
const UNITS: readonly (readonly [label: string, milliseconds: number])[] = [
  ['d', 86_400 * SECOND],
  ['h', 3600 * SECOND],
  ['min', 60 * SECOND],
  ['s', SECOND],
];

/**
 * `12 s ago`, `3 min ago`, `in 1 h 30 min`, `now`; a dash for null. What is past is rounded down; what is to come is said in two
 * units and rounded to the nearest, so that two hours are not one when a moment of them has passed. `now` in milliseconds since
 * the epoch.
 */
export function relative(time: string | null, now: number): string {
  if (time === null) return NOTHING;
  const difference = now - Date.parse(time);
  if (difference < 0) return ahead(-difference);
  const unit = UNITS.find(([, milliseconds]) => difference >= milliseconds);
  return unit === undefined ? 'now' : `${Math.floor(difference / unit[1])} ${unit[0]} ago`;
}

function ahead(milliseconds: number): string {
  for (const [index, [label, unit]] of UNITS.entries()) {
    const [smallerLabel, smaller] = UNITS[index + 1] ?? [label, unit];
    const rounded = Math.round(milliseconds / smaller) * smaller;
    if (rounded < unit) continue;
    const rest = (rounded % unit) / smaller;
    return `in ${Math.floor(rounded / unit)} ${label}${rest === 0 ? '' : ` ${rest} ${smallerLabel}`}`;
  }
  return 'now';
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

/**
 * The text without what could steer a terminal, or show it in another order than it is in: such characters become visible, as
 * `\x1b` and `\u202e`.
 */
export function printable(text: string): string {
  // eslint's no-control-regex is about mistakes; here the control characters are meant, so they are named by property.
  return text.replace(/\p{Cc}|\p{Bidi_Control}|[\u2028\u2029]/gu, (character) => {
    if (character === '\t') return '  ';
    const code = character.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}

/** On one line and at most `length` characters long. */
export function brief(text: string, length = 80): string {
  const line = printable(text.replace(/\s+/g, ' ').trim());
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
