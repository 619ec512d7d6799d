/** What the address of a page of logs says: which lines, and around which one. Whoever gets the link sees the same. */
import { LEVELS, type Level } from './store/entry.ts';

export interface LogSearch {
  /** A text in the line; or a regular expression of RE2. */
  readonly text?: string;
  readonly pattern?: string;
  /** At least so severe. */
  readonly level?: Level;
  readonly alias?: string;
  /** Uid of an instance, or its end. */
  readonly instance?: string;
  readonly stream?: string;
  /** Number of a release. */
  readonly release?: number;
  /** ISO 8601, with a zone: from then on, and before then. */
  readonly from?: string;
  readonly to?: string;
  /** Sequence of the line that it is about. */
  readonly line?: number;
  /** Absent: as there is room. */
  readonly wrap?: boolean;
}

/** What the control plane takes; longer texts would be refused. */
const LONGEST = { text: 1000, pattern: 500, name: 40 } as const;

/** Out of an address, which anybody may have written: what cannot be is left out. */
export function logSearch(search: Record<string, unknown>): LogSearch {
  const level = LEVELS.find((each) => each === search.level);
  return withoutAbsent({
    text: textIn(search.text, LONGEST.text),
    pattern: textIn(search.pattern, LONGEST.pattern),
    level,
    alias: textIn(search.alias, LONGEST.name),
    instance: textIn(search.instance, LONGEST.name),
    stream: textIn(search.stream, LONGEST.name),
    release: numberIn(search.release),
    from: timeIn(search.from),
    to: timeIn(search.to),
    line: numberIn(search.line),
    wrap: typeof search.wrap === 'boolean' ? search.wrap : undefined,
  });
}

/** A search with something of it changed; `undefined` takes it out. */
export function changed(
  search: LogSearch,
  change: { readonly [K in keyof LogSearch]: LogSearch[K] | undefined },
): LogSearch {
  return withoutAbsent({ ...search, ...change });
}

/** Which lines are asked for, whatever line it is about and however they are shown. */
export type Filter = Omit<LogSearch, 'line' | 'wrap'>;

export function filterOf({ line: _line, wrap: _wrap, ...filter }: LogSearch): Filter {
  return filter;
}

/** For {@link FollowLogs} and the like. */
export function asked(tenant: string, application: string, filter: Filter) {
  const { alias, instance, level, ...rest } = filter;
  return {
    ref: { tenant, application, ...withoutAbsent({ alias, instance }) },
    filter: { ...rest, ...(level === undefined ? {} : { level: level.toUpperCase() as Uppercase<Level> }) },
  };
}

/** How many things narrow it down. */
export function countOf(filter: Filter): number {
  return Object.keys(filter).length;
}

/** The address's parser makes numbers, words and objects of what looks like one. */
function textIn(value: unknown, longest: number): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === '' || text.length > longest ? undefined : text;
}

function numberIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 1 ? number : undefined;
}

function timeIn(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function withoutAbsent<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
