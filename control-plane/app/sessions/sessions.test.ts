/** When sessions end, by a clock that a test moves; the database and the vault are real. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newUid } from '../../../schema/ids.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { createVault } from '../../adapters/secrets/vault.ts';
import { createToken } from '../ask/authenticate.ts';
import { StoreUnavailable } from '../errors.ts';
import type { TokenRecord } from '../records/tenants.ts';
import { TokenWatch } from '../tenants/token-watch.ts';
import { Platform } from '../testing/platform.ts';
import { hooked } from '../testing/store.ts';
import { testKey } from '../testing/vault.ts';
import { SignInCodes } from './codes.ts';
import { Sessions } from './sessions.ts';

const HOURS = 3_600_000;

let platform: Platform;
let timers: Set<{ readonly task: () => void; readonly at: number }>;
let watch: TokenWatch;
let sessions: Sessions;
let vault: ReturnType<typeof createVault>;
const codes = new SignInCodes();

const clock = {
  now: () => platform.now,
  monotonic: () => platform.now,
  setTimeout(task: () => void, milliseconds: number) {
    const timer = { task, at: platform.now + milliseconds };
    timers.add(timer);
    return { cancel: () => void timers.delete(timer) };
  },
  setInterval: () => ({ cancel: () => undefined }),
};
/** Moves the time, and rings what is due. */
function pass(milliseconds: number): void {
  platform.now += milliseconds;
  for (const timer of [...timers]) if (timer.at <= platform.now && timers.delete(timer)) timer.task();
}
const token = (of: Partial<TokenRecord> = {}) =>
  createToken(
    platform.database,
    { ...{ name: newUid(), role: 'viewer' as const, tenant: 'acme', application: null, expiresAt: null }, ...of },
    { now: platform.now, newUid },
  );
const begun = async (of: Partial<TokenRecord> = {}) => {
  const made = await token(of);
  return { ...(await sessions.begin({ kind: 'token', token: made.token }))!, record: made.record };
};

beforeAll(async () => {
  platform = await Platform.open();
});
afterAll(() => platform[Symbol.asyncDispose]());
beforeEach(() => {
  timers = new Set();
  watch = new TokenWatch(platform.database.tokens, clock);
  vault = createVault([testKey()]);
  sessions = new Sessions({ store: platform.database, vault, codes, watch, clock, opened: Promise.resolve() });
});
afterEach(() => {
  watch.close();
  expect(timers.size).toBe(0);
});

describe('a session', () => {
  test('is as its token: whose it is, and what it may', async () => {
    const { sealed, record, expiresAt } = await begun({ role: 'deployer', application: 'shop' });
    expect(expiresAt).toBe(platform.now + 12 * HOURS);
    const { uid, name } = record;
    expect((await sessions.find(sealed))?.principal).toEqual({
      ...{ token: uid, name, role: 'deployer', tenant: 'acme', application: 'shop' },
    });
  });

  test('ends after twelve hours', async () => {
    const { sealed } = await begun();
    pass(12 * HOURS - 1);
    expect(await sessions.find(sealed)).toBeDefined();
    pass(1);
    expect(await sessions.find(sealed)).toBeUndefined();
  });

  test('ends with its token, when that expires sooner', async () => {
    const expiresAt = platform.now + HOURS;
    const session = await begun({ expiresAt });
    expect(session.expiresAt).toBe(expiresAt);
    pass(HOURS);
    expect(await sessions.find(session.sealed)).toBeUndefined();
  });

  test('ends with its token, when that is revoked, is gone, or was damaged', async () => {
    for (const change of [
      ({ uid }: TokenRecord) => platform.database.tokens.delete(uid),
      (record: TokenRecord) => platform.database.tokens.save({ ...record, revokedAt: platform.now }),
      (record: TokenRecord) => platform.database.tokens.save({ ...record, tenant: null }),
    ]) {
      const { sealed, record } = await begun();
      await change(record);
      expect(await sessions.find(sealed)).toBeUndefined();
    }
  });

  test('is not begun with what is no token or no code', async () => {
    for (const text of ['', 'cw_', `cw_${'x'.repeat(43)}`, 'x'.repeat(43), '__proto__'])
      for (const proof of [{ kind: 'token', token: text } as const, { kind: 'code', code: text } as const])
        expect(await sessions.begin(proof)).toBeUndefined();
  });

  test('that another one made by a code does not outlive that one', async () => {
    const { record } = await token();
    const until = platform.now + HOURS;
    const { code } = codes.issue({ token: record.uid, until }, platform.now);
    expect((await sessions.begin({ kind: 'code', code }))?.expiresAt).toBe(until);
  });

  test('is not begun with the code of a token that has ended meanwhile', async () => {
    const { record } = await token();
    const { code } = codes.issue({ token: record.uid, until: null }, platform.now);
    await platform.database.tokens.save({ ...record, revokedAt: platform.now });
    expect(await sessions.begin({ kind: 'code', code })).toBeUndefined();
  });
});

describe('a session that somebody has ended', () => {
  const again = () => new Sessions({ store: platform.database, vault, codes, watch, clock, opened: Promise.resolve() });

  test('is ended for the next control plane, too, and is remembered for as long as it would have lasted', async () => {
    const { id, sealed, expiresAt } = await begun();
    await sessions.end(sealed);
    expect(await again().find(sealed)).toBeUndefined();
    expect(await platform.database.endedSessions.get(id)).toEqual({ uid: id, expiresAt });
    pass(12 * HOURS);
    await platform.database.prune(platform.now + 1);
    expect(await platform.database.endedSessions.get(id)).toBeUndefined();
    await sessions.end(sealed);
    expect(await platform.database.endedSessions.get(id)).toBeUndefined();
  });

  test('is ended here where that cannot be stored, and stored when it is tried again', async () => {
    const { id, sealed } = await begun();
    let fails = true;
    const store = hooked(platform.database, {
      before: async () => {
        if (fails) throw new StoreUnavailable('DATABASE_FULL', 'full');
      },
    });
    const failing = new Sessions({ store, vault, codes, watch, clock, opened: Promise.resolve() });
    await expect(failing.end(sealed)).rejects.toMatchObject({ code: 'DATABASE_FULL' });
    expect(await failing.find(sealed)).toBeUndefined();
    fails = false;
    await failing.end(sealed);
    expect(await platform.database.endedSessions.get(id)).toBeDefined();
  });
});

describe('who follows a session', () => {
  test('is told once when its time is over, and nothing more is waited for', async () => {
    const session = await begun();
    let ends = 0;
    sessions.follow(session, () => (ends += 1));
    pass(12 * HOURS - 1);
    expect(ends).toBe(0);
    pass(1);
    pass(HOURS);
    expect([ends, watch.followed]).toEqual([1, 0]);
  });

  test('is told once when its token is revoked', async () => {
    const session = await begun();
    let ends = 0;
    sessions.follow(session, () => (ends += 1));
    await platform.database.tokens.save({ ...session.record, revokedAt: platform.now });
    watch.look(session.record.uid);
    await eventually('the end', () => ends === 1);
    pass(13 * HOURS);
    expect(ends).toBe(1);
  });

  test('is told when somebody signs out, and those of another session of the same token are not', async () => {
    const made = await token();
    const [one, other] = [
      (await sessions.begin({ kind: 'token', token: made.token }))!,
      (await sessions.begin({ kind: 'token', token: made.token }))!,
    ];
    const ended: string[] = [];
    sessions.follow(one, () => ended.push('one'));
    sessions.follow(one, () => ended.push('one'));
    const stop = sessions.follow(other, () => ended.push('other'));
    await sessions.end(one.sealed);
    await sessions.end('nonsense');
    expect(ended).toEqual(['one', 'one']);
    expect(await sessions.find(one.sealed)).toBeUndefined();
    expect(await sessions.find(other.sealed)).toBeDefined();
    stop();
    await sessions.end(other.sealed);
    expect(ended).toEqual(['one', 'one']);
  });

  test('is told at once of one that was ended between its being found and being followed', async () => {
    const session = await begun();
    await sessions.end(session.sealed);
    let isEnded = false;
    sessions.follow(session, () => (isEnded = true));
    pass(0);
    expect(isEnded).toBe(true);
  });
});
