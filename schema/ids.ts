/**
 * Names and identifiers as they appear in topics, paths and records.
 *
 * Every identifier issued matches {@link ID_PATTERN} from the day it is issued, so that none of them can carry a topic
 * separator, a wildcard, a path separator or a property name of JavaScript's own.
 */
import { encodeTime, monotonicFactory } from 'ulid';

/** 1–40 lower-case letters, digits and hyphens. */
export const ID_PATTERN = /^[a-z0-9-]{1,40}$/;

/** Names that people give (tenant, application, alias, cartridge): an id that starts with a letter and ends with no hyphen. */
export const NAME_PATTERN = /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** Makes uids of its own series: ULIDs in lower case (26 characters, sortable by creation, monotonic within the series). */
export function uidSeries(random?: () => number): (now: number) => string {
  const next = monotonicFactory(random);
  return (now) => next(now).toLowerCase();
}

const next = uidSeries();

/** A new uid of the process's own series, with the machine's chance. */
export function newUid(now: number = Date.now()): string {
  return next(now);
}

/** A ULID has 48 bits for its time. */
const LATEST = 2 ** 48 - 1;

/** What no uid of that time (milliseconds since the epoch, 0 or more) or later is below: uids are in order of time. */
export function leastUid(at: number): string {
  return `${encodeTime(Math.min(LATEST, Math.max(0, Math.floor(at)))).toLowerCase()}${'0'.repeat(16)}`;
}

export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID_PATTERN.test(value);
}
