/** Entries as plain text: what is copied, saved and read out. */
import { withoutEscapes } from './ansi.ts';
import { gapText } from './gaps.ts';
import type { Entry } from '../store/entry.ts';

/** Enough of the end of a uid to tell a few instances apart; its beginning is only a time. */
export function short(uid: string): string {
  return uid.slice(-6);
}

/** The text of a line without colours; on one line, as everything else in it that would begin another. */
export function plainText(entry: Entry): string {
  return entry.kind === 'gap' ? `… ${gapText(entry)}` : inOne(withoutEscapes(entry.text));
}

/** `2026-11-30T09:00:00.000Z web/3f9a1c [stderr] ERROR the text`: for files, as `cartwright logs -t` has it and the level. */
export function plainLine(entry: Entry): string {
  const time = entry.at === null ? '' : `${new Date(entry.at).toISOString()} `;
  const { alias, instance } = entry;
  const whose = alias === null || instance === null ? '' : `${alias}/${short(instance)} `;
  if (entry.kind === 'gap') return `${time}${whose}${plainText(entry)}`;
  const stream = entry.stream === 'stdout' ? '' : `[${entry.stream}] `;
  const level = entry.level === null ? '' : `${entry.level.toUpperCase()} `;
  return `${time}${whose}${stream}${level}${plainText(entry)}`;
}

function inOne(text: string): string {
  return text.replace(/[\r\n]+$/, '').replace(/\r\n|[\r\n\u2028\u2029]/g, '↵');
}

/** `09:05:07.120`, on another day than that which begins at `today` with its date before. In the zone of the reader. */
export function clock(at: number, today: number): string {
  const time = new Date(at);
  const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');
  const hour = `${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}.${pad(time.getMilliseconds(), 3)}`;
  const isToday = at >= today && at < today + DAY_MILLISECONDS;
  return isToday ? hour : `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())} ${hour}`;
}

const DAY_MILLISECONDS = 86_400_000;

/** When the day of a time began, in the zone of the reader. */
export function dayOf(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** `512 B`, `1.5 MB`: of characters or bytes, in thousands. */
export function size(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let [left, unit] = [value, 0];
  while (left >= 999.95 && unit < units.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? left : left.toFixed(1)} ${units[unit]}`;
}
