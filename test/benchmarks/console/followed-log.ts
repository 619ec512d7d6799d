/** The page's memory while a busy log is followed, from when as many lines as it keeps were there. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import type { TestBrowser } from '../../browser/harness/browser.ts';
import { MainThread } from '../../browser/harness/main-thread.ts';
import type { Site } from '../../browser/harness/site.ts';
import { print } from '../../browser/harness/talker.ts';
import type { Report } from '../benchmark.ts';

/** An agent sends 200 lines a second at most. */
const INSTANCES = 4;
const LINES_A_SECOND = 500;
const MINUTES = 10;

export async function followedLog(site: Site, browser: TestBrowser, report: Report): Promise<void> {
  await scaleTo(site, INSTANCES);
  await using visitor = await browser.visit(site.platform);
  const { page } = visitor;
  await page.goto('/logs/shop');
  await page.getByRole('log', { name: 'Lines' }).waitFor();
  const thread = await MainThread.of(page);
  const heaps: number[] = [];
  const share = await thread.share(async () => {
    const began = performance.now();
    for (let second = 1; second <= MINUTES * 60; second += 1) {
      await printAll(site.url, second);
      if (second % 60 === 0) heaps.push(await thread.heapBytes());
      await sleep(Math.max(0, began + second * 1_000 - performance.now()));
    }
  });
  await page
    .getByText(`second ${MINUTES * 60} line`)
    .first()
    .waitFor();
  if (await page.getByText('lines are missing here').count()) throw new Error('lines were dropped on their way');
  if (visitor.complaints.length > 0) throw new Error(`the page complained: ${visitor.complaints.join('; ')}`);
  const half = MINUTES / 2;
  const [early, late] = [heaps[half - 1]!, heaps.at(-1)!];
  report([
    { name: 'log-thread', value: share, unit: '%', samples: MINUTES * 60 },
    { name: `log-heap-${half}-minutes`, value: early / 1e6, unit: 'MB', samples: 1 },
    {
      ...{ name: `log-heap-${MINUTES}-minutes`, value: late / 1e6, unit: 'MB', samples: 1 },
      ...{ ratio: Number((late / early).toPrecision(3)), against: `after ${half} minutes` },
    },
  ]);
}

/** At the same time, so that the load balancer gives each instance its part. */
async function printAll(url: string, second: number): Promise<void> {
  const each = LINES_A_SECOND / INSTANCES;
  await Promise.all(
    Array.from({ length: INSTANCES }, (_, part) =>
      print(
        url,
        Array.from({ length: each }, (_line, line) => `second ${second} line ${part * each + line} GET /orders 200`),
      ),
    ),
  );
}

async function scaleTo({ platform }: Site, instances: number): Promise<void> {
  const ref = { application: 'shop', alias: 'web' };
  const input = { ref, instances, forSeconds: 3_600, reason: 'as many as the lines need' };
  const { scale } = await platform.ask<{ scale: { userErrors: { message: string }[] } }>(
    'mutation ($input: ScaleInput!) { scale(input: $input) { userErrors { message } } }',
    { input },
  );
  if (scale.userErrors.length > 0) throw new Error(scale.userErrors.map(({ message }) => message).join('; '));
  await eventually(
    `${instances} instances serve`,
    async () => {
      const { serviceCluster } = await platform.ask<{
        serviceCluster: { instances: { edges: { node: { state: string } }[] } };
      }>(
        'query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) { instances(first: 50) { edges { node { state } } } } }',
        { ref },
      );
      return serviceCluster.instances.edges.filter(({ node }) => node.state === 'ACTIVE').length === instances;
    },
    90_000,
  );
}
