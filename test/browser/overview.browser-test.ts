/** The overview: what runs, what needs attention first, and that it is so by itself. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { screenshot, TestBrowser, violations, type Visitor } from './harness/browser.ts';
import { startSite, type Site } from './harness/site.ts';

jest.setTimeout(120_000);

let site: Site;
let browser: TestBrowser;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), TestBrowser.start()]);
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

const row = ({ page }: Visitor, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
const filter = ({ page }: Visitor) => page.getByRole('searchbox', { name: 'Filter' });

async function scale(instances: number, forSeconds: number): Promise<void> {
  const { scale: answer } = await site.platform.ask<{ scale: { userErrors: { message: string }[] } }>(
    'mutation ($input: ScaleInput!) { scale(input: $input) { userErrors { message } } }',
    { input: { ref: { application: 'shop', alias: 'web' }, instances, forSeconds, reason: 'a sale' } },
  );
  expect(answer.userErrors).toEqual([]);
}

describe('the overview', () => {
  test('shows each service cluster with its state, instances, load and last decision', async () => {
    await using visitor = await browser.visit(site.platform);
    await visitor.page.goto('/');
    const web = row(visitor, 'web');
    await web.getByText('running', { exact: true }).waitFor();
    await web.getByText(/\d+ of \d+ active/).waitFor();
    await web.getByText(/release \d+/).waitFor();
    await web.getByRole('cell').last().getByText('instance').waitFor();
    expect(await visitor.page.getByRole('table').getAttribute('aria-rowcount')).toBe('3');
    expect(visitor.complaints).toEqual([]);
  });

  test('changes by itself, and says what needs attention with a link to it', async () => {
    await using visitor = await browser.visit(site.platform);
    const { page } = visitor;
    await page.goto('/');
    await row(visitor, 'web').waitFor();
    await page.evaluate(() => Object.assign(globalThis, { wasNotLoadedAgain: true }));
    await scale(2, 240);
    await row(visitor, 'web').getByText('pinned at 2', { exact: true }).waitFor();
    await row(visitor, 'web').getByText('2 of 2 active').waitFor({ timeout: 60_000 });
    const concern = page.getByRole('listitem').filter({ hasText: 'the pin at 2 instances ends' });
    await concern.getByText('info', { exact: true }).waitFor();
    await screenshot(page, 'overview-attention');
    await concern.getByRole('link', { name: 'shop / web' }).click();
    await page.waitForURL('**/applications/shop/web*');
    expect(await page.evaluate(() => 'wasNotLoadedAgain' in globalThis)).toBe(true);
  });

  test('keeps the filter and the order in the address', async () => {
    await using visitor = await browser.visit(site.platform);
    const { page } = visitor;
    await page.goto('/?q=alias%3Aweb&sort=name');
    await row(visitor, 'web').waitFor();
    expect(await filter(visitor).inputValue()).toBe('alias:web');
    expect(await page.getByRole('table').getAttribute('aria-rowcount')).toBe('2');
    await filter(visitor).fill('tenant:nobody');
    await page.getByText('No service cluster matches the filter.').waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe('tenant:nobody');
    await filter(visitor).fill('colour:red');
    await page.getByText('There is no such filter: colour:red').waitFor();
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await row(visitor, 'web').waitFor();
    expect(new URL(page.url()).search).toBe('?sort=name');
    await page.getByLabel('Order').selectOption('what needs attention first');
    await eventually('the usual order needs no word', () => new URL(page.url()).search === '');
  });

  test('is walked by keyboard', async () => {
    await using visitor = await browser.visit(site.platform);
    const { page } = visitor;
    await page.goto('/?sort=name');
    await row(visitor, 'web').waitFor();
    const links = page.getByRole('rowheader').getByRole('link').and(page.locator(':last-of-type'));
    const [first, second] = await links.allTextContents();
    const focused = page.locator(':focus');
    await links.first().focus();
    await page.keyboard.press('ArrowDown');
    await focused.getByText(second!).waitFor();
    await page.keyboard.press('ArrowUp');
    await focused.getByText(first!).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/applications/shop/${first}*`);
  });

  test('says how the first application is deployed where there is none', async () => {
    await site.platform.ask(
      'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { userErrors { code } } }',
      {
        input: { name: 'empty' },
      },
    );
    await using visitor = await browser.visit(site.platform);
    await visitor.page.goto('/?tenant=empty');
    await visitor.page.getByText('The tenant empty has no application yet.').waitFor();
    await visitor.page.getByText('cartwright deploy', { exact: true }).waitFor();
    expect(await violations(visitor.page)).toEqual([]);
    await visitor.page.getByRole('link', { name: 'deploy one from here' }).click();
    await visitor.page.waitForURL('**/deploy?tenant=empty');
  });

  test.each(['light', 'dark'] as const)(
    'has no fault of accessibility in %s colours, nor on a phone',
    async (theme) => {
      for (const width of [1_280, 390]) {
        await using visitor = await browser.visit(site.platform, { theme, width });
        await visitor.page.goto('/');
        await row(visitor, 'web').waitFor();
        expect(await violations(visitor.page)).toEqual([]);
        expect(await overflow(visitor)).toBe(0);
        await screenshot(visitor.page, `overview-${theme}-${width}`);
        expect(visitor.complaints).toEqual([]);
      }
    },
  );
});

/** By how many pixels the page is wider than its window. */
function overflow({ page }: Visitor): Promise<number> {
  return page.evaluate(() => {
    const { document, innerWidth } = globalThis as unknown as {
      document: { documentElement: { scrollWidth: number } };
      innerWidth: number;
    };
    return Math.max(0, document.documentElement.scrollWidth - innerWidth);
  });
}
