/** The overview from end to end: the real app behind the real endpoint, over websockets. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { application } from '../../app/testing/manifests.ts';
import { OPERATOR } from '../../app/testing/platform.ts';
import { Site } from '../testing/site.ts';

let site: Site;
beforeEach(async () => {
  site = await Site.open();
  for (const tenant of ['acme', 'beta'])
    await site.platform.parts.mutations.apply(OPERATOR, {
      tenant,
      manifests: application(`${tenant}-shop`, [{ alias: 'web', cartridge: 'plain' }]),
    });
});
afterEach(() => site[Symbol.asyncDispose]());

interface Told {
  readonly isWhole: boolean;
  readonly changed: readonly { readonly tenant: string; readonly alias: string; readonly paused: object | null }[];
}

/** What is told to one subscriber, as it comes. */
async function follow(of: Parameters<Site['token']>[0]): Promise<{ readonly told: Told[]; end(): Promise<void> }> {
  const { bearer } = await site.token(of);
  const items = site.subscribe(
    bearer,
    'subscription { overview { isWhole changed { tenant alias paused { reason } } } }',
  );
  const told: Told[] = [];
  const reading = (async () => {
    for await (const { data } of items) told.push((data as unknown as { overview: Told }).overview);
  })();
  return {
    told,
    end: async () => {
      await items.return?.();
      await reading;
    },
  };
}

test('each tenant is told of its own, within seconds, and nothing goes on when all have left', async () => {
  const [ann, ann2, eve, operator] = await Promise.all([
    follow({ tenant: 'acme' }),
    follow({ tenant: 'acme' }),
    follow({ tenant: 'beta' }),
    follow({ role: 'operator', tenant: null }),
  ]);
  const all = [ann, ann2, eve, operator];
  await eventually('the first item of each', () => all.every(({ told }) => told.length === 1));
  const tenants = ({ told }: { readonly told: readonly Told[] }) => [
    ...new Set(told.flatMap(({ changed }) => changed.map(({ tenant }) => tenant))),
  ];
  expect(all.map(tenants)).toEqual([['acme'], ['acme'], ['beta'], ['acme', 'beta']]);
  const ref = { tenant: 'acme', application: 'acme-shop', alias: 'web' };
  await site.platform.parts.mutations.pause(OPERATOR, { ...ref, reason: 'an incident' });
  const changed = { isWhole: false, changed: [{ tenant: 'acme', alias: 'web', paused: { reason: 'an incident' } }] };
  await eventually('the change', () => [ann, ann2, operator].every(({ told }) => told.length === 2));
  for (const { told } of [ann, ann2, operator]) expect(told[1]).toEqual(changed);
  expect(eve.told).toHaveLength(1);
  for (const one of all) await one.end();
  await eventually('nobody follows any more', () => site.platform.parts.overview.views === 0);
});
