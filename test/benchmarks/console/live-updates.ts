/** From the answer to a change that somebody else made until an open page shows it. */
import type { Page } from 'playwright-core';
import type { TestBrowser } from '../../browser/harness/browser.ts';
import type { Site } from '../../browser/harness/site.ts';
import type { Report } from '../benchmark.ts';
import { percentileOfSorted } from '../statistics.ts';

const CHANGES = 20;
const REF = { application: 'shop', alias: 'web' };

export async function liveUpdates({ platform }: Site, browser: TestBrowser, report: Report): Promise<void> {
  await using overview = await browser.visit(platform);
  await using cluster = await browser.visit(platform);
  await overview.page.goto('/');
  await cluster.page.goto('/applications/shop/web');
  const pages = [
    {
      name: 'overview',
      page: overview.page,
      mark: overview.page.getByRole('row').getByText('paused', { exact: true }),
    },
    { name: 'service-cluster', page: cluster.page, mark: cluster.page.getByText(/^Scaling is paused/) },
  ];
  await overview.page.getByRole('link', { name: 'web', exact: true }).first().waitFor();
  await cluster.page.getByRole('region', { name: 'Instances', exact: true }).waitFor();
  const taken = new Map(pages.map(({ name }) => [name, [] as number[]]));
  for (let change = 0; change < CHANGES; change += 1) {
    const isPause = change % 2 === 0;
    await (isPause
      ? platform.ask('mutation ($input: PauseInput!) { pause(input: $input) { userErrors { message } } }', {
          input: { ref: REF, reason: 'measured' },
        })
      : platform.ask('mutation ($input: ResumeInput!) { resume(input: $input) { userErrors { message } } }', {
          input: { ref: REF },
        }));
    const answered = performance.now();
    await Promise.all(
      pages.map(async ({ name, mark }) => {
        await mark.first().waitFor({ state: isPause ? 'visible' : 'detached' });
        taken.get(name)!.push(performance.now() - answered);
      }),
    );
    await still(overview.page, change);
  }
  report(
    [...taken].flatMap(([name, samples]) => {
      const sorted = Float64Array.from(samples).sort();
      return [
        { name: `live-${name}-median`, value: percentileOfSorted(sorted, 0.5), unit: 'ms', samples: CHANGES },
        { name: `live-${name}-p95`, value: percentileOfSorted(sorted, 0.95), unit: 'ms', samples: CHANGES },
      ];
    }),
  );
}

/** Of a length that differs, so that changes do not fall into step with what happens once a second. */
function still(page: Page, change: number): Promise<void> {
  return page.waitForTimeout(1_000 + ((change * 377) % 1_000));
}
