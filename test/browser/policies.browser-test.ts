/** Policies: written in two shapes, tried on the past, saved, and not overwritten. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { steadyLoad } from '../support/steady-load.ts';
import { screenshot, TestBrowser, violations, type Visitor } from './harness/browser.ts';
import { startSite, type Site } from './harness/site.ts';

jest.setTimeout(240_000);

let site: Site;
let browser: TestBrowser;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), TestBrowser.start()]);
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

const yaml = ({ page }: Visitor) => page.getByRole('textbox', { name: 'YAML' });
const form = ({ page }: Visitor) => page.getByRole('region', { name: 'Form' });
const save = ({ page }: Visitor) => page.getByRole('button', { name: /^(Save|Make it) …$/ });

/** Of a service cluster that names no policy, one of its own. */
test('a service cluster gets a policy of its own, tried on its past before it is made', async () => {
  const load = steadyLoad(site.url, 2);
  try {
    await using visitor = await browser.visit(site.platform, { role: 'DEPLOYER' });
    const { page } = visitor;
    await page.goto('/applications/shop/web/policy');
    await page.getByText('It is scaled by the platform’s defaults').waitFor();
    // Trying needs a minute of what was asked.
    await eventually(
      'enough of the demand is recorded to try it',
      async () => {
        await page.getByRole('button', { name: 'Try it on the past' }).click();
        await page
          .getByText(/^With this policy/)
          .or(page.getByRole('alert'))
          .first()
          .waitFor();
        return (await page.getByText(/^With this policy/).count()) > 0;
      },
      150_000,
    );
    await page.getByRole('application', { name: /^Instances over time/ }).waitFor();
    await screenshot(page, 'policy-tried');
    await eventually('it would be taken', async () => await save(visitor).isEnabled());
    await save(visitor).click();
    await page.getByRole('dialog').getByText('shop/web').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Make it' }).click();
    await page.getByText('It is scaled by the policy').waitFor();
    await page.getByRole('link', { name: 'shop-web', exact: true }).waitFor();
    expect(visitor.complaints).toEqual([]);
  } finally {
    await load.stop();
  }
});

test('the form and the YAML say the same, and faults are at the field and at the line', async () => {
  await using visitor = await browser.visit(site.platform);
  const { page } = visitor;
  await page.goto('/policies/calm?kind=AUTOSCALING_POLICY&template=careful');
  await page.getByText('There is no policy of this name yet').waitFor();
  await form(visitor).getByLabel('Maximum optional', { exact: true }).fill('30');
  expect(await yaml(visitor).inputValue()).toContain('maximum: 30');
  expect(await yaml(visitor).inputValue()).toContain('# What was wanted in the last ten minutes stays.');
  await form(visitor).getByLabel('Maximum optional', { exact: true }).fill('3x');
  await form(visitor).getByText('Expected a whole number.').waitFor();
  expect(await save(visitor).isDisabled()).toBe(true);
  await form(visitor).getByLabel('Maximum optional', { exact: true }).fill('30');
  await yaml(visitor).fill((await yaml(visitor).inputValue()).replace('minimum: 2', 'minimum: 40'));
  await page.getByRole('button', { name: 'Line 7' }).first().waitFor();
  await yaml(visitor).fill(
    (await yaml(visitor).inputValue()).replace('minimum: 40', 'minimum: 2').replace('loadAverage', 'loadAvrage'),
  );
  // Which factors there are only the control plane knows.
  await page.getByText(/spec\.factors\.loadAvrage: expected a factor/).waitFor();
  await screenshot(page, 'policy-faults');
  await yaml(visitor).fill((await yaml(visitor).inputValue()).replace('loadAvrage', 'loadAverage'));
  await eventually('it would be taken', async () => await save(visitor).isEnabled());
  await save(visitor).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Make it' }).click();
  await page.getByText('It is as it is stored.').waitFor();
});

test('what somebody else has saved meanwhile is not overwritten', async () => {
  await using one = await browser.visit(site.platform);
  await using other = await browser.visit(site.platform);
  for (const visitor of [one, other]) {
    await visitor.page.goto('/policies/calm');
    await form(visitor)
      .getByLabel('Maximum optional', { exact: true })
      .fill(visitor === one ? '21' : '22');
  }
  await eventually('the first would be taken', async () => await save(one).isEnabled());
  await save(one).click();
  await one.page.getByRole('dialog').getByRole('button', { name: 'Save it' }).click();
  await one.page.getByText('It is as it is stored.').waitFor();
  await other.page.getByText('Somebody else has changed it meanwhile.').waitFor();
  expect(await form(other).getByLabel('Maximum optional', { exact: true }).inputValue()).toBe('22');
  await other.page.getByRole('button', { name: 'Take theirs' }).click();
  await eventually(
    'theirs is shown',
    async () => (await form(other).getByLabel('Maximum optional', { exact: true }).inputValue()) === '21',
  );
});

test('the list says who uses what, and deletes what nobody uses', async () => {
  await using visitor = await browser.visit(site.platform);
  const { page } = visitor;
  await page.goto('/policies');
  const row = (name: string) => page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
  await row('shop-web').getByRole('link', { name: 'shop/web' }).waitFor();
  expect(await row('shop-web').getByRole('button', { name: 'Delete …' }).isDisabled()).toBe(true);
  await row('calm').getByText('nobody').waitFor();
  await row('calm').getByRole('button', { name: 'Delete …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete it' }).click();
  await row('calm').waitFor({ state: 'detached' });
  await screenshot(page, 'policies');
});

test.each(['light', 'dark'] as const)(
  'there is no fault of accessibility in %s colours, nor on a phone',
  async (theme) => {
    for (const width of [1_280, 390]) {
      await using visitor = await browser.visit(site.platform, { theme, width });
      for (const path of ['/policies', '/policies/shop-web', '/applications/shop/web/policy']) {
        await visitor.page.goto(path);
        await visitor.page.getByRole('heading', { level: 1 }).waitFor();
        await visitor.page.getByText(path === '/policies' ? 'A new one' : 'What it would have done').waitFor();
        expect(await violations(visitor.page)).toEqual([]);
      }
      await screenshot(visitor.page, `policy-${theme}-${width}`);
      expect(visitor.complaints).toEqual([]);
    }
  },
);
