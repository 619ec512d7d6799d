import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import * as sample from '../../graphql/testing/records.ts';
import { Site, WEB } from '../testing/site.ts';

let site: Site;
beforeEach(async () => void (site = await Site.open()));
afterEach(() => site.close());

test('a rollback goes to the release before, and is followed to its end', async () => {
  const { queries } = site.controlPlane.useCases;
  site.manifest = parse('{kind: Application, metadata: {name: site}}');
  const states = ['superseded', 'returned', 'stable'] as const;
  queries.releases = () =>
    Promise.resolve(states.map((state, index) => ({ ...sample.release(index + 1), state })).toReversed());
  queries.release = (_principal, uid) =>
    Promise.resolve(
      states.map((state, index) => ({ ...sample.release(index + 1), state })).find((release) => release.uid === uid),
    );
  queries.cluster = () => Promise.resolve({ ...WEB, stableRelease: sample.release(3).uid });
  const running = site.start('rollback', 'site');
  await site.show({ state: 'succeeded', to: sample.release(1).uid }, { state: 'active' });
  const { code, stdout } = await running.ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'site/web: roll-out of release 1 succeeded\n' });
  expect(site.controlPlane.calls('rollback')).toMatchObject([
    [{ application: 'site', alias: 'web', releaseNumber: 1 }],
  ]);
});
