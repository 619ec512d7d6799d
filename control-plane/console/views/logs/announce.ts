/** What is read out of a log that runs: not its lines, which nobody could follow, but how many there were and the last bad one. */
import { plainText } from './text/plain.ts';
import { count } from './text/gaps.ts';
import type { Entry } from './store/entry.ts';

/** A screen reader takes some seconds for each. */
export const ANNOUNCE_EVERY_MILLISECONDS = 8_000;
const LONGEST = 120;

/** Entries since the last announcement. */
export interface Heard {
  readonly lines: number;
  readonly bad: number;
  readonly missing: boolean;
  /** The last line that is an error or worse; else the last one. */
  readonly last: Entry | null;
}

export const NOTHING_HEARD: Heard = { lines: 0, bad: 0, missing: false, last: null };

export function hear(before: Heard, entry: Entry): Heard {
  if (entry.kind === 'gap') return { ...before, missing: true };
  const isBad = entry.level === 'error' || entry.level === 'fatal';
  return {
    lines: before.lines + 1,
    bad: before.bad + (isBad ? 1 : 0),
    missing: before.missing,
    last: isBad || before.bad === 0 ? entry : before.last,
  };
}

/** One sentence or two; empty when there was nothing. */
export function announcement({ lines, bad, missing, last }: Heard): string {
  if (lines === 0 && !missing) return '';
  const parts = [
    ...(lines === 0 ? [] : [`${count(lines, 'new line')}${bad === 0 ? '' : `, ${count(bad, 'error')}`}.`]),
    ...(missing ? ['Lines are missing.'] : []),
    ...(last === null ? [] : [`${bad === 0 ? 'Last' : 'Last error'}: ${plainText(last).slice(0, LONGEST)}`]),
  ];
  return parts.join(' ');
}
