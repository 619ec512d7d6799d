import { beforeEach, describe, expect, test } from '@jest/globals';
import { topology } from '../testing/agent.ts';
import { poolOpener } from '../proxy/pool.ts';
import { TargetCounters } from './counters.ts';
import type { Member } from './member.ts';
import { Members, type AttemptEnd, type Ejection } from './members.ts';

const ANY = { token: undefined, tried: undefined };
const WELL = { kind: 'answered', status: 200 } as const;
const BADLY = { kind: 'answered', status: 503 } as const;
const openPool = poolOpener({ connectSeconds: 1, answerSeconds: 1, idleSeconds: 1 });

describe('members', () => {
  let members: Members;
  let counters: TargetCounters;
  let ejections: Ejection[];
  let now: number;
  beforeEach(() => {
    now = 0;
    ejections = [];
    counters = new TargetCounters(now);
    members = new Members(openPool, counters, (ejection) => ejections.push(ejection));
    const named = ['a', 'b', 'c'].map((instance, index) => ({ instance, port: index + 1 }));
    members.apply(topology(1, named, { slowStartSeconds: 0 }), now);
  });

  /** Gives out so many requests one after the other, each ended as `end` says; returns how many each member got. */
  function give(count: number, end: (member: Member) => AttemptEnd): Record<string, number> {
    const got: Record<string, number> = {};
    for (let round = 0; round < count; round++) {
      const member = members.choose(ANY, now)!;
      got[member.instance] = (got[member.instance] ?? 0) + 1;
      members.begin(member, now);
      members.end(member, end(member), now);
    }
    return got;
  }

  test('that fail on probation go again, for twice as long; one good answer ends it', () => {
    const badB = (member: Member) => (member.instance === 'b' ? BADLY : WELL);
    give(30, badB);
    expect(ejections).toEqual([{ instance: 'b', cause: 'outlier', seconds: 5 }]);
    now = 4.9;
    expect(give(30, badB).b).toBeUndefined();
    now = 5;
    expect(give(30, badB).b).toBe(1);
    expect(ejections[1]).toEqual({ instance: 'b', cause: 'outlier', seconds: 10 });
    now = 15;
    expect(give(30, () => WELL).b).toBeGreaterThan(5);
    expect(ejections).toHaveLength(2);
    expect(counters.report(now).ejections).toBe(2);
  });

  test('that break a connection off get nothing beside what is in flight, until they answer or a moment has passed', () => {
    const [first, second] = [members.choose(ANY, now)!, members.choose(ANY, now)!];
    members.begin(first, now);
    members.begin(first, now);
    members.end(first, { kind: 'broken-off' }, now);
    expect(give(20, () => WELL)[first.instance]).toBeUndefined();
    expect(members.nextTrust(now)).toBeCloseTo(0.1);
    now = 0.1;
    expect(members.choose({ token: first.token, tried: undefined }, now)).toBe(first);
    members.end(first, WELL, now);
    expect(second).not.toBe(first);
  });

  test('that a client of theirs went away from, or that are late, are not suspected', () => {
    for (const kind of ['abandoned', 'late', 'unreadable'] as const) {
      const member = members.choose(ANY, now)!;
      members.begin(member, now);
      members.begin(member, now);
      members.end(member, { kind }, now);
      expect(members.choose({ token: member.token, tried: undefined }, now)).toBe(member);
      members.end(member, WELL, now);
    }
  });

  test('are waited for by those that belong to them only while they serve', () => {
    const full = topology(2, [
      { instance: 'a', port: 1, affinity: 'token-of-a-0123456' },
      { instance: 'b', port: 2, affinity: 'token-of-b-0123456' },
    ]);
    members.apply({ ...full, concurrency: 1 }, now);
    const own = { token: 'token-of-a-0123456', tried: undefined };
    const a = members.choose(own, now)!;
    expect(a.instance).toBe('a');
    members.begin(a, now);
    expect(members.choose(own, now)).toBeUndefined();
    expect(members.choose({ ...own, tried: new Set([a]) }, now)?.instance).toBe('b');
    members.end(a, { kind: 'refused' }, now);
    expect(members.choose(own, now)?.instance).toBe('b');
    expect(members.choose({ ...own, token: 'token-of-nobody-123' }, now)?.instance).toBe('b');
  });
});
