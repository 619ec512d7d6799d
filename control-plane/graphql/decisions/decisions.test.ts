/** All that led to a decision, as the API tells it: the real app behind the real endpoint. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Agents } from '../../app/testing/agents.ts';
import { application, document } from '../../app/testing/manifests.ts';
import { Site } from '../testing/site.ts';

let site: Site;
beforeEach(async () => {
  site = await Site.open();
});
afterEach(() => site[Symbol.asyncDispose]());

test('an action tells each proposal with its forecast, each clamp, its situation, and where its instances went', async () => {
  const { platform } = site;
  const agents = new Agents(platform);
  await platform.apply(
    document('AutoscalingPolicy', 'calm', { maximum: 3, factors: { loadAverage: { target: 50, base: 0 } } }) +
      application('shop', [{ alias: 'web', cartridge: 'plain', autoscaling: 'calm' }]),
  );
  const cluster = platform.cluster('web');
  const live = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await platform.decide(cluster);
      await platform.pass();
      agents.step();
      platform.now += 1000;
    }
  };
  await live(8);
  agents.load.set('acme/shop/web', 300);
  await live(10);
  await platform.parts.recorded();
  const { bearer } = await site.token();
  const { data, errors } = await site.ask(
    bearer,
    `{ serviceCluster(ref: { application: "shop", alias: "web" }) {
      decisions(actionsOnly: true, first: 1) { edges { node {
        acted from to reasonCode sentence
        situation { active starting minimum maximum quota room horizonSeconds paused frozen queued }
        instances { uid placement { hostCluster partition } }
        detail {
          factor recommended
          proposals {
            factor phrase unit target base perInstance instances needed saturated reason
            forecast { level predicted error slope acceleration forecasters { name predicted weight } }
          }
          clamps { code from to detail }
        }
      } } }
    } }`,
  );
  expect(errors).toBeUndefined();
  const [edge] = (data as { serviceCluster: { decisions: { edges: { node: Record<string, unknown> }[] } } })
    .serviceCluster.decisions.edges;
  const { node } = edge!;
  expect(node).toMatchObject({
    ...{ acted: true, from: 1, reasonCode: 'loadAverage' },
    situation: {
      active: 1,
      minimum: 1,
      maximum: 3,
      quota: expect.any(Number),
      paused: false,
      frozen: false,
      queued: 0,
    },
    detail: {
      factor: 'loadAverage',
      proposals: [
        {
          ...{ factor: 'loadAverage', phrase: 'load average', unit: '%', target: 50, base: 0, perInstance: 50 },
          forecast: { forecasters: expect.arrayContaining([expect.objectContaining({ weight: expect.any(Number) })]) },
        },
      ],
    },
  });
  const { clamps } = node.detail as { clamps: { from: number; to: number }[] };
  for (const [index, clamp] of clamps.entries()) if (index > 0) expect(clamp.from).toBe(clamps[index - 1]!.to);
  const { from, to, instances } = node as { from: number; to: number; instances: object[] };
  expect(to).toBeGreaterThan(from);
  expect(instances).toEqual(
    Array.from({ length: to - from }, () => ({
      ...{ uid: expect.any(String), placement: { hostCluster: 'local', partition: 'default' } },
    })),
  );
});
