/** The page of an application: what it is called and told, and its picture. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { screenshot, TestBrowser, violations, type Visitor } from './harness/browser.ts';
import { startSite, type Site } from './harness/site.ts';

jest.setTimeout(120_000);

const SECRET = 'swordfish-4711';

let site: Site;
let browser: TestBrowser;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), TestBrowser.start()]);
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

const topology = ({ page }: Visitor) => page.getByRole('table', { name: 'Topology' });
const lane = (visitor: Visitor, alias: string) =>
  topology(visitor)
    .getByRole('row')
    .filter({ has: visitor.page.getByRole('link', { name: alias, exact: true }) });

describe('the page of an application', () => {
  test('says where it is reached, and what runs of it where', async () => {
    await using visitor = await browser.visit(site.platform);
    const { page } = visitor;
    await page.goto('/applications/shop');
    await page.getByRole('heading', { name: 'shop', level: 1 }).waitFor();
    await page.getByRole('link', { name: site.url }).waitFor();
    await topology(visitor).getByRole('columnheader', { name: 'local' }).waitFor();
    await lane(visitor, 'web')
      .getByRole('link', { name: /active/ })
      .waitFor();
    await lane(visitor, 'web')
      .getByText(/in flight/)
      .waitFor();
    await topology(visitor).getByText('load balancer', { exact: true }).waitFor();
    await topology(visitor)
      .getByText(/in flight through it/)
      .waitFor();
    await lane(visitor, 'web')
      .getByRole('link', { name: /active/ })
      .click();
    await page.waitForURL('**/applications/shop/web/instances/*');
    expect(visitor.complaints).toEqual([]);
  });

  test('follows what comes and goes', async () => {
    await using visitor = await browser.visit(site.platform);
    await visitor.page.goto('/applications/shop');
    await lane(visitor, 'web')
      .getByRole('link', { name: /active/ })
      .waitFor();
    const input = { ref: { application: 'shop', alias: 'web' }, instances: 3, reason: 'a sale' };
    await site.platform.ask('mutation ($input: ScaleInput!) { scale(input: $input) { userErrors { code } } }', {
      input,
    });
    await lane(visitor, 'web')
      .getByRole('link', { name: /active/ })
      .nth(2)
      .waitFor({ timeout: 60_000 });
    await screenshot(visitor.page, 'application-three');
  });

  test('lists variables and metadata, and secrets without their values', async () => {
    const ref = { application: 'shop' };
    for (const [mutation, type, input] of [
      ['configure', 'ConfigureInput', { ref, set: [{ name: 'LOG_LEVEL', value: 'info' }] }],
      ['setSecrets', 'SetSecretsInput', { ref, secrets: [{ name: 'TILL_PASSWORD', value: SECRET }] }],
      ['setMetadata', 'SetMetadataInput', { ref, set: [{ key: 'feature/checkout', value: 'on' }] }],
    ] as const) {
      const text = `mutation ($input: ${type}!) { done: ${mutation}(input: $input) { userErrors { message } } }`;
      expect(await site.platform.ask(text, { input })).toEqual({ done: { userErrors: [] } });
    }
    await using visitor = await browser.visit(site.platform);
    const { page } = visitor;
    await page.goto('/applications/shop');
    await page.getByRole('row', { name: 'LOG_LEVEL info' }).waitFor();
    await page.getByRole('row', { name: 'feature/checkout on' }).waitFor();
    await page.getByRole('rowheader', { name: 'TILL_PASSWORD' }).waitFor();
    expect(await page.content()).not.toContain(SECRET);
  });

  test.each(['light', 'dark'] as const)(
    'has no fault of accessibility in %s colours, nor on a phone',
    async (theme) => {
      for (const width of [1_280, 390]) {
        await using visitor = await browser.visit(site.platform, { theme, width });
        await visitor.page.goto('/applications/shop');
        await lane(visitor, 'web')
          .getByRole('link', { name: /active/ })
          .first()
          .waitFor();
        expect(await violations(visitor.page)).toEqual([]);
        await screenshot(visitor.page, `application-${theme}-${width}`);
        expect(visitor.complaints).toEqual([]);
      }
    },
  );

  test('says that there is no such application', async () => {
    await using visitor = await browser.visit(site.platform);
    await visitor.page.goto('/applications/nothing');
    await visitor.page.getByText('The tenant default has no application nothing.').waitFor();
  });

  test('does not offer a viewer to delete it', async () => {
    await using visitor = await browser.visit(site.platform, { role: 'VIEWER' });
    await visitor.page.goto('/applications/shop');
    await lane(visitor, 'web').waitFor();
    expect(await visitor.page.getByRole('button', { name: 'Delete' }).count()).toBe(0);
  });

  test('deletes it once its name is typed, and tells of it to the end', async () => {
    await using visitor = await browser.visit(site.platform, { role: 'DEPLOYER' });
    const { page } = visitor;
    await page.goto('/applications/shop');
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    const confirm = page.getByRole('button', { name: 'Delete shop' });
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel('Its name, to be sure').fill('shop');
    await confirm.click();
    await page.getByText(/Its deletion was asked for|has no application shop/).waitFor();
    await page.getByText('The tenant default has no application shop.').waitFor({ timeout: 60_000 });
  });
});
