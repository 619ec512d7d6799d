/**
 * A new member begins with a small part of its share of the requests, which grows evenly to the whole: caches are cold, code is
 * not compiled yet. A share and not a limit: where no other member is free it takes what comes. Pure; seconds.
 */

/** Share of its share that a member begins with. */
const FIRST_SHARE = 0.1;

/** What a member that was passed over may save up: the next request, and the rest of a sum that has just reached one. */
const MOST_CREDIT = 2;

export interface Starter {
  readonly weight: number;
  /** When it joined, or joined again. */
  readonly joinedAt: number;
  /** 0: no slow start. */
  readonly slowStartSeconds: number;
  /** What it has of its next request, 1 being enough; {@link warmEnough} and {@link startedOne} alone change it. */
  startCredit: number;
}

/** 1: all of its share. */
export function startShare({ joinedAt, slowStartSeconds }: Starter, now: number): number {
  const elapsed = now - joinedAt;
  return elapsed >= slowStartSeconds ? 1 : Math.max(FIRST_SHARE, elapsed / slowStartSeconds);
}

/**
 * Those that may take the request that is being given out: all but the members whose share, next to that of the one furthest on,
 * has not come up to a request yet.
 */
export function warmEnough<S extends Starter>(free: readonly S[], now: number): readonly S[] {
  let most = 0;
  let least = 1;
  let weights = 0;
  for (const member of free) {
    const share = startShare(member, now);
    most = Math.max(most, share);
    least = Math.min(least, share);
    weights += member.weight;
  }
  if (least === most) return free;
  return free.filter((member) => {
    const share = startShare(member, now) / most;
    if (share === 1) return true;
    member.startCredit = Math.min(MOST_CREDIT, member.startCredit + (share * member.weight) / weights);
    return member.startCredit >= 1;
  });
}

/** A starting member was given a request. */
export function startedOne(member: Starter): void {
  member.startCredit = Math.max(0, member.startCredit - 1);
}
