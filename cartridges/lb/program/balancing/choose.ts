/** Which member takes the next request. */
import { admission, type Trust } from './ejection.ts';
import { startedOne, warmEnough, type Starter } from './slow-start.ts';

export interface Candidate extends Starter {
  readonly state: 'active' | 'draining';
  readonly inFlight: number;
  readonly trust: Trust;
  /** The running credit of the smooth weighted rotation; {@link choose} alone changes it. */
  credit: number;
}

/**
 * The active member with the fewest requests in flight for its weight; equals take turns by weight (smooth weighted
 * round-robin, as nginx's least_conn does), and those that have just joined get less than their share. Members in `tried` are
 * taken only if no other is free. `undefined` when none is free: all are at the limit, ejected or draining.
 */
export function choose<C extends Candidate>(
  members: Iterable<C>,
  concurrency: number,
  now: number,
  tried?: ReadonlySet<C>,
): C | undefined {
  const free: C[] = [];
  for (const member of members) if (isFree(member, concurrency, now)) free.push(member);
  const untried = tried && tried.size > 0 ? free.filter((member) => !tried.has(member)) : free;
  const chosen = inTurn(leastLoaded(warmEnough(untried.length > 0 ? untried : free, now)));
  if (chosen) startedOne(chosen);
  return chosen;
}

export function isFree(
  member: Pick<Candidate, 'state' | 'inFlight' | 'trust'>,
  concurrency: number,
  now: number,
): boolean {
  return member.state === 'active' && member.inFlight < admission(member.trust, concurrency, now);
}

function leastLoaded<C extends Candidate>(free: readonly C[]): readonly C[] {
  let least = Number.POSITIVE_INFINITY;
  let equals: C[] = [];
  for (const member of free) {
    const load = member.inFlight / member.weight;
    if (load < least) {
      least = load;
      equals = [member];
    } else if (load === least) {
      equals.push(member);
    }
  }
  return equals;
}

function inTurn<C extends Candidate>(equals: readonly C[]): C | undefined {
  let total = 0;
  let best: C | undefined;
  for (const member of equals) {
    total += member.weight;
    member.credit += member.weight;
    if (!best || member.credit > best.credit) best = member;
  }
  if (best) best.credit -= total;
  return best;
}

/** Whether any member takes requests now or once one of its requests ends: not draining and not ejected. */
export function anyServes(members: Iterable<Candidate>, now: number): boolean {
  for (const member of members) if (member.state === 'active' && admission(member.trust, 0, now) > 0) return true;
  return false;
}
