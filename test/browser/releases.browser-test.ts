/** Releases: what is different between two, and the way back. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { WORKING } from '../support/repository.ts';
import { overhang, screenshot, TestBrowser, violations, type Visitor } from './harness/browser.ts';
import { startSite, type Site } from './harness/site.ts';

jest.setTimeout(180_000);
const LONG = { timeout: 90_000 };
const PATH = '/applications/shop/web/releases';

const open = new AsyncDisposableStack();
let site: Site;
let browser: TestBrowser;

beforeAll(async () => {
  site = open.use(await startSite());
  browser = open.use(await TestBrowser.start());
});
afterAll(() => open.disposeAsync());

const release = ({ page }: Visitor, number: number) =>
  page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: `${number}`, exact: true }) });

describe('the releases of a service cluster', () => {
  test('come by themselves with a commit, each instance’s step shown, and are compared', async () => {
    await using visitor = await browser.visit(site.platform);
    const { page } = visitor;
    await page.goto(PATH);
    await release(visitor, 1).getByText('stable').waitFor();
    await site.repository.commit(WORKING('two'), 'Answer "two" <b>now</b>');
    await page.getByRole('heading', { name: 'Rolling out release 2' }).waitFor(LONG);
    await page.getByText(/of 1 instance done|of 2 instances done/).waitFor();
    await release(visitor, 2).getByText('stable').waitFor(LONG);
    await release(visitor, 2).getByText('Answer "two" <b>now</b>').waitFor();
    await release(visitor, 2).getByRole('link', { name: 'Compare with 1' }).click();
    await page.waitForURL(/from=1&to=2/);
    const commits = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'commit' }) });
    await commits.getByText('first').waitFor();
    await commits.getByText('Answer "two"').waitFor();
    await screenshot(page, 'releases');
    expect(visitor.complaints).toEqual([]);
  });

  test('are rolled back to once it is confirmed, with what changes', async () => {
    await using visitor = await browser.visit(site.platform, { role: 'DEPLOYER' });
    const { page } = visitor;
    await page.goto(PATH);
    await release(visitor, 1).getByRole('button', { name: 'Roll back to it' }).click();
    const dialog = page.getByRole('dialog', { name: 'Roll shop/web back to release 1?' });
    await dialog.getByText('from release 2 to release 1').waitFor();
    await dialog.getByRole('rowheader', { name: 'commit' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await screenshot(page, 'rollback');
    await dialog.getByRole('button', { name: 'Roll back to 1' }).click();
    await dialog.waitFor({ state: 'detached' });
    await release(visitor, 1).getByText('stable').waitFor(LONG);
    expect(await (await fetch(site.url)).text()).toBe('one');
  });

  test('show the log of a build that the address names', async () => {
    await using visitor = await browser.visit(site.platform);
    const { page } = visitor;
    await page.goto(PATH);
    await page.getByRole('link', { name: 'Open' }).last().click();
    await page.waitForURL(/build=/);
    await page.reload();
    await page.getByRole('log', { name: 'Log of the build' }).getByText('nodejs: npm').waitFor();
  });

  test('deploy the present commit when somebody asks for it', async () => {
    await using visitor = await browser.visit(site.platform, { role: 'DEPLOYER' });
    const { page } = visitor;
    await page.goto(PATH);
    await page.getByRole('button', { name: 'Deploy the present commit' }).click();
    await page.waitForURL(/\/deploy\?.*build=/);
    await page.getByText(/shop\/web runs release \d+\./).waitFor(LONG);
  });

  test.each(['light', 'dark'] as const)(
    'have no fault of accessibility in %s colours, nor on a phone',
    async (theme) => {
      for (const width of [1_280, 390]) {
        await using visitor = await browser.visit(site.platform, { theme, width });
        await visitor.page.goto(`${PATH}?from=1&to=2`);
        await visitor.page.getByRole('rowheader', { name: 'commit' }).waitFor();
        expect(await violations(visitor.page)).toEqual([]);
        expect(await overhang(visitor.page)).toBe(0);
        await screenshot(visitor.page, `releases-${theme}-${width}`);
        expect(visitor.complaints).toEqual([]);
      }
    },
  );

  test('offer a viewer no way back, and say where there is no such service cluster', async () => {
    await using visitor = await browser.visit(site.platform, { role: 'VIEWER' });
    const { page } = visitor;
    await page.goto(PATH);
    await release(visitor, 1).waitFor();
    expect(await page.getByRole('button', { name: 'Roll back to it' }).count()).toBe(0);
    await page.goto('/applications/shop/none/releases');
    await page.getByText('There is no shop/none.').waitFor();
  });
});
