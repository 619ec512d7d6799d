/**
 * Reading cumulative counters of a session like a meter: what was used since the last reading is the difference, so a lost report
 * loses nothing and a report that comes twice counts once.
 */

/** What a meter stood at when it was last read. Counters by name, cumulative since the session began. */
export interface Reading {
  readonly session: string;
  readonly counters: Readonly<Record<string, number>>;
  /** When it was read, in milliseconds since the epoch. */
  readonly at: number;
}

export interface Read {
  readonly reading: Reading;
  /** What was used since the reading before, by counter. */
  readonly used: Readonly<Record<string, number>>;
  /** When that use began. */
  readonly since: number;
}

/**
 * Reads a meter. Another session than the last one begins at zero, and its use counts from `begun`. A counter that went
 * back within its session is a fault of its source: it counts nothing, and the larger value is kept, so that going up again
 * counts nothing twice.
 */
export function read(
  last: Reading | undefined,
  session: string,
  counters: Readonly<Record<string, number>>,
  at: number,
  begun: number,
): Read {
  const before = last?.session === session ? last : undefined;
  const kept: Record<string, number> = { ...before?.counters };
  const used: Record<string, number> = {};
  for (const name in counters) {
    const value = counters[name]!;
    const from = kept[name] ?? 0;
    if (!(value > from)) continue;
    used[name] = value - from;
    kept[name] = value;
  }
  return { reading: { session, counters: kept, at: Math.max(at, before?.at ?? 0) }, used, since: before?.at ?? begun };
}
