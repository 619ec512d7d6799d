import { expect, test } from '@jest/globals';
import { componentsOf, usersOf, withPolicy } from './users.ts';

const SHOP = {
  apiVersion: 'cartwright.dev/v1',
  kind: 'Application',
  metadata: { name: 'shop' },
  spec: {
    components: [
      { kind: 'cartridge', alias: 'web', cartridge: 'nodejs', autoscaling: 'calm', deployment: 'europe' },
      {
        kind: 'group',
        name: 'back',
        components: [
          { kind: 'cartridge', alias: 'api', cartridge: 'nodejs', autoscaling: { maximum: 3 } },
          { kind: 'group', name: 'deep', components: [{ kind: 'cartridge', alias: 'jobs', autoscaling: 'calm' }] },
        ],
      },
    ],
  },
};

test('every component is found, however deep', () => {
  expect(componentsOf(SHOP).map(({ alias }) => alias)).toEqual(['web', 'api', 'jobs']);
});

test('who names a policy uses it, and who writes one in its place does not', () => {
  const applications = [{ name: 'shop', manifest: SHOP }];
  expect(usersOf(applications, 'AUTOSCALING_POLICY', 'calm')).toEqual([
    { application: 'shop', alias: 'web' },
    { application: 'shop', alias: 'jobs' },
  ]);
  expect(usersOf(applications, 'DEPLOYMENT_POLICY', 'europe')).toEqual([{ application: 'shop', alias: 'web' }]);
  expect(usersOf(applications, 'DEPLOYMENT_POLICY', 'calm')).toEqual([]);
});

test('a component takes another policy, and everything else stays as it is', () => {
  const next = withPolicy(SHOP, 'api', 'calm');
  expect(componentsOf(next).map(({ autoscaling }) => autoscaling)).toEqual(['calm', 'calm', 'calm']);
  expect(withPolicy(next, 'api', undefined)).not.toEqual(next);
  expect(componentsOf(withPolicy(next, 'api', undefined))[1]?.autoscaling).toBeUndefined();
  expect(componentsOf(SHOP)[1]?.autoscaling).toEqual({ maximum: 3 });
});

test.each([null, 'text', {}, { spec: 1 }, { spec: { components: [1, null, { kind: 'x' }] } }])(
  'a manifest that is none has no components: %j',
  (manifest) => {
    expect(componentsOf(manifest)).toEqual([]);
    expect(() => withPolicy(manifest, 'web', 'calm')).not.toThrow();
  },
);
