/** One service cluster: what it is doing, why, and how it is stopped. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { FaultyProxy } from '../support/faulty-proxy.ts';
import { steadyLoad, type SteadyLoad } from '../support/steady-load.ts';
import { screenshot, TestBrowser, violations, type Visitor } from './harness/browser.ts';
import { startSite, type Site } from './harness/site.ts';

jest.setTimeout(180_000);

const REF = { tenant: 'default', application: 'shop', alias: 'web' };
const PAGE = '/applications/shop/web';

let site: Site;
let browser: TestBrowser;
let load: SteadyLoad;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), TestBrowser.start()]);
  load = steadyLoad(site.url, 2);
});
afterAll(async () => {
  await load.stop();
  await browser[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

const chart = ({ page }: Visitor) => page.getByRole('application', { name: /Requests in flight|Load average/ });
const readout = ({ page }: Visitor) => page.locator('.chart-readout');
const decisions = ({ page }: Visitor) => page.getByRole('region', { name: 'Decisions' });
const banner = ({ page }: Visitor, name: RegExp) => page.getByRole('region', { name });

async function open(visitor: Visitor, hash = ''): Promise<void> {
  await visitor.page.goto(`${PAGE}${hash}`);
  await chart(visitor).waitFor();
}

/** The newest decision that is stored. */
async function newestDecision(): Promise<{ uid: string; sentence: string }> {
  const { serviceCluster } = await site.platform.ask<{
    serviceCluster: { decisions: { edges: { node: { uid: string; sentence: string; input: unknown } }[] } };
  }>(
    'query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) { decisions(last: 20) { edges { node { uid sentence input } } } } }',
    { ref: REF },
  );
  const kept = serviceCluster.decisions.edges.map(({ node }) => node).filter(({ input }) => input !== null);
  return kept.at(-1)!;
}

describe('the page', () => {
  test('shows what it does and why, and goes on by itself', async () => {
    await using visitor = await browser.visit(site.platform);
    const { page } = visitor;
    await open(visitor);
    await page.getByText(/^\d+ ready$/).waitFor();
    await decisions(visitor)
      .getByText(/^web: /)
      .first()
      .waitFor();
    await page
      .getByRole('region', { name: 'Instances', exact: true })
      .getByText('active', { exact: true })
      .first()
      .waitFor();
    // Once the window has filled, the forecasters say what they expect.
    await page.getByRole('region', { name: 'Forecasters' }).getByRole('table').waitFor({ timeout: 90_000 });
    await screenshot(page, 'cluster');
    expect(visitor.complaints).toEqual([]);
  });

  test('reads the chart by keyboard, and as a table', async () => {
    await using visitor = await browser.visit(site.platform);
    const { page } = visitor;
    await open(visitor);
    await page.getByText('Each second.').waitFor();
    await chart(visitor).focus();
    for (let step = 0; step < 4; step += 1) await page.keyboard.press('ArrowLeft');
    await readout(visitor).getByText('Ready').waitFor();
    await page.keyboard.press('-');
    await page.keyboard.press('Shift+ArrowLeft');
    const follow = page.getByRole('button', { name: 'Follow now' });
    expect(await follow.getAttribute('aria-pressed')).toBe('false');
    await page.keyboard.press('End');
    await eventually('it follows again', async () => (await follow.getAttribute('aria-pressed')) === 'true');
    await page.getByRole('button', { name: 'Show as table' }).click();
    const points = page.getByRole('region', { name: 'Points of the chart' });
    expect(await points.getByRole('row').count()).toBeGreaterThan(10);
  });

  test('opens a decision that a link names, and computes it again', async () => {
    const { uid, sentence } = await newestDecision();
    await using visitor = await browser.visit(site.platform);
    await open(visitor, `#decision-${uid}`);
    const record = visitor.page.locator(`#decision-${uid}`);
    await record.getByText(sentence).first().waitFor();
    await record.getByRole('heading', { name: 'Proposals' }).waitFor();
    const saw = record.getByRole('region', { name: 'What the decider saw' });
    await saw.getByRole('row', { name: /^Age of the newest sample [\d.]+ s$/ }).waitFor();
    await saw.getByRole('row', { name: /^Requests in flight ([\d.]+, against [\d.]+ that \d|not known)/ }).waitFor();
    await saw.getByRole('row', { name: /^Instances \d+ active, \d+ starting$/ }).waitFor();
    await record.getByRole('button', { name: 'Compute it again' }).click();
    await record.getByText('the same again, to the bit').waitFor();
    await screenshot(visitor.page, 'cluster-decision');
  });

  test('has no hole after a lost connection, and is not loaded again', async () => {
    await using proxy = await FaultyProxy.to(new URL(site.platform.url));
    await using visitor = await browser.visit(site.platform, { role: null });
    const { page } = visitor;
    await page.goto(`http://127.0.0.1:${proxy.port}${PAGE}`);
    await page.getByLabel('Token').fill(site.platform.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await chart(visitor).waitFor();
    await page.getByRole('button', { name: '2 min', exact: true }).click();
    await page.evaluate(() => Object.assign(globalThis, { wasNotLoadedAgain: true }));
    const status = page.getByRole('status', { name: 'Connection' });
    const lost = Date.now();
    proxy.hold();
    await status.and(page.locator(':not([data-freshness="good"])')).waitFor({ timeout: 30_000 });
    proxy.goOn();
    proxy.cut();
    await status.filter({ hasText: 'live' }).waitFor();
    const table = page.getByRole('button', { name: 'Show as table' });
    await table.click();
    const points = page.getByRole('region', { name: 'Points of the chart' });
    // Every second since before the connection was lost has its number of wanted instances, in the last column.
    await eventually(
      'what was missed is there',
      async () => {
        await page.getByRole('button', { name: 'As it is now' }).click();
        const rows = (await points.getByRole('row').allTextContents()).length;
        const cells = await points.getByRole('row').locator('td:last-child').allTextContents();
        const seconds = Math.floor((Date.now() - lost) / 1_000);
        return rows > seconds && cells.slice(-seconds - 10, -16).every((text) => text !== '');
      },
      60_000,
    );
    expect(await page.evaluate(() => 'wasNotLoadedAgain' in globalThis)).toBe(true);
  });
});

describe('steering', () => {
  test('is offered to who may do it', async () => {
    await using viewer = await browser.visit(site.platform, { role: 'VIEWER' });
    await open(viewer);
    expect(await viewer.page.getByRole('button', { name: 'Pause …' }).count()).toBe(0);
    expect(await viewer.page.getByRole('button', { name: 'Restart …' }).count()).toBe(0);
  });

  test('pauses and resumes on a phone, and says before what that does', async () => {
    await using visitor = await browser.visit(site.platform, { width: 390 });
    const { page } = visitor;
    await open(visitor);
    await page.getByRole('button', { name: 'Pause …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/^web: /).waitFor();
    await dialog.getByLabel('Why').fill('the database is slow \u202eeht');
    await screenshot(page, 'cluster-pause-390');
    expect(await violations(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Pause', exact: true }).click();
    await banner(visitor, /^Scaling is paused/)
      .getByText('the database is slow <U+202E>eht')
      .waitFor();
    await banner(visitor, /^Scaling is paused/)
      .getByRole('button', { name: 'Resume …' })
      .click();
    await dialog.getByRole('button', { name: 'Resume', exact: true }).click();
    await banner(visitor, /^Scaling is paused/).waitFor({ state: 'detached' });
  });

  test('sets a number by hand, refuses one beyond the policy, and clears it', async () => {
    await using visitor = await browser.visit(site.platform, { width: 390 });
    const { page } = visitor;
    await open(visitor);
    await page.getByRole('button', { name: 'Scale …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Why').fill('a sale');
    await dialog.getByLabel('Instances', { exact: true }).fill('4000');
    await dialog.getByText('It would be refused.').waitFor();
    expect(await dialog.getByRole('button', { name: 'Scale', exact: true }).isDisabled()).toBe(true);
    await dialog.getByLabel('Instances', { exact: true }).fill('2');
    await dialog.getByText(/2 instances/).waitFor();
    await screenshot(page, 'cluster-scale-390');
    await dialog.getByRole('button', { name: 'Scale', exact: true }).click();
    await banner(visitor, /^By hand: at least 2/).waitFor();
    await page.getByText(/^2 ready$/).waitFor({ timeout: 60_000 });
    await decisions(visitor).getByText('1 → 2', { exact: true }).first().click();
    const made = decisions(visitor).getByRole('region', { name: 'Instances of the decision' });
    await made.getByRole('row', { name: /active default on local, .*Process \d+/ }).waitFor();
    await screenshot(page, 'cluster-decision-390');
    expect(await violations(page)).toEqual([]);
    await banner(visitor, /^By hand/)
      .getByRole('button', { name: 'Clear it …' })
      .click();
    await dialog.getByRole('button', { name: 'Clear it', exact: true }).click();
    await banner(visitor, /^By hand/).waitFor({ state: 'detached' });
  });
});

describe('stopping', () => {
  test('ends all of it until somebody starts it, and restarting rolls it out once more', async () => {
    await using visitor = await browser.visit(site.platform);
    const { page } = visitor;
    await open(visitor);
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Restart all …' }).click();
    await dialog.getByText(/; release 1 is rolled out once more, /).waitFor();
    await dialog.getByLabel('Why').fill('it leaks');
    await dialog.getByRole('button', { name: 'Restart', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText(/^nodejs, release 2$/).waitFor({ timeout: 60_000 });
    await page.getByText('1 ready', { exact: true }).waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Stop …' }).click();
    await dialog.getByText(/^web: \d+ → 0 instances now; stopped by /).waitFor();
    await screenshot(page, 'cluster-stopping');
    await dialog.getByLabel('Why').fill('the database moves');
    await dialog.getByRole('button', { name: 'Stop', exact: true }).click();
    await banner(visitor, /^It is stopped/)
      .getByText('the database moves')
      .waitFor();
    await page.getByText('There is none now.').waitFor({ timeout: 60_000 });
    await screenshot(page, 'cluster-stopped');
    expect(await violations(page)).toEqual([]);
    await banner(visitor, /^It is stopped/)
      .getByRole('button', { name: 'Start …' })
      .click();
    await dialog.getByText(/^web: 0 → \d+ instances? now; from then on as the load asks for\.$/).waitFor();
    await dialog.getByRole('button', { name: 'Start', exact: true }).click();
    await banner(visitor, /^It is stopped/).waitFor({ state: 'detached' });
    // As many as there were when it was stopped.
    await page.getByText(/^\d+ ready$/).waitFor({ timeout: 60_000 });
    expect(visitor.complaints).toEqual([]);
  });
});

test.each(['light', 'dark'] as const)(
  'there is no fault of accessibility in %s colours, nor on a phone',
  async (theme) => {
    for (const width of [1_280, 390]) {
      await using visitor = await browser.visit(site.platform, { theme, width });
      await open(visitor);
      await decisions(visitor)
        .getByText(/^web: /)
        .first()
        .waitFor();
      await decisions(visitor).locator('summary').first().click();
      await decisions(visitor).getByRole('heading', { name: 'Proposals' }).waitFor();
      expect(await violations(visitor.page)).toEqual([]);
      await screenshot(visitor.page, `cluster-${theme}-${width}`);
      expect(visitor.complaints).toEqual([]);
    }
  },
);
