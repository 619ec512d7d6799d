import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { ReleaseRecord, RolloutRecord } from '../../app/records/releases.ts';
import * as sample from '../../graphql/testing/records.ts';
import { Site, WEB } from '../testing/site.ts';

let site: Site;
beforeEach(async () => {
  site = await Site.open();
  site.manifest = parse('{kind: Application, metadata: {name: site}}');
});
afterEach(() => site.close());

test('a rollback without a number lets the control plane choose, and is followed to its end', async () => {
  releases('superseded', 'skipped', 'stable');
  answered({ ...sample.rollout(1), state: 'running', from: sample.release(3).uid, to: sample.release(1).uid });
  const running = site.start('rollback', 'site');
  await site.show({ state: 'succeeded', to: sample.release(1).uid }, { state: 'active' });
  const { code, stdout } = await running.ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'site/web: roll-out of release 1 succeeded\n' });
  const [[asked] = []] = site.controlPlane.calls('rollback');
  expect(asked).toMatchObject({ application: 'site', alias: 'web' });
  expect(asked).not.toHaveProperty('releaseNumber');
});

test('of a release that only waited it is over at once', async () => {
  releases('superseded', 'stable', 'returned');
  const reason = { code: 'returned-by-request', message: 'ann asked for release 2' };
  answered({ ...sample.rollout(1), state: 'returned', from: sample.release(2).uid, to: sample.release(3).uid, reason });
  const { code, stdout } = await site.start('rollback', 'site').ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'site/web: roll-out of release 3 returned, release 2 runs\n' });
});

describe('during a roll-out', () => {
  const returning: RolloutRecord = {
    ...sample.rollout(1),
    state: 'returning',
    from: sample.release(2).uid,
    to: sample.release(3).uid,
    finishedAt: null,
    reason: { code: 'returned-by-request', message: 'ann asked for release 2' },
  };
  beforeEach(() => {
    releases('superseded', 'stable', 'candidate');
    site.rollouts = [{ ...returning, state: 'running', reason: null }];
    answered(returning);
  });

  test('it goes to the release that this comes from, and is done when it has returned', async () => {
    const running = site.start('rollback', 'site');
    await site.show({ ...returning, state: 'returned', finishedAt: 1 }, { state: 'active' });
    const { code, stdout } = await running.ended;
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'site/web: roll-out of release 3 returned, release 2 runs\n',
    });
  });

  test('for a third release it waits for the roll-out of that', async () => {
    const running = site.start('rollback', 'site', '--to', '1');
    await site.show({ ...returning, state: 'returned', finishedAt: 1 }, { state: 'active' });
    await site.show({ ...sample.rollout(2), state: 'succeeded', to: sample.release(1).uid }, { state: 'active' });
    const { code, stdout } = await running.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'site/web: roll-out of release 1 succeeded\n' });
  });
});

function answered(rollout: RolloutRecord): void {
  const { mutations } = site.controlPlane.useCases;
  const { rollback } = mutations;
  mutations.rollback = async (...asked) => {
    await rollback(...asked);
    return rollout;
  };
}

/** What releases there are, from number 1; the stable one runs. */
function releases(...states: ReleaseRecord['state'][]): void {
  const { queries } = site.controlPlane.useCases;
  queries.releases = () =>
    Promise.resolve(states.map((state, index) => ({ ...sample.release(index + 1), state })).toReversed());
  queries.release = (_principal, uid) =>
    Promise.resolve(
      states.map((state, index) => ({ ...sample.release(index + 1), state })).find((release) => release.uid === uid),
    );
  const stable = sample.release(states.indexOf('stable') + 1).uid;
  queries.cluster = () => Promise.resolve({ ...WEB, stableRelease: stable });
}
