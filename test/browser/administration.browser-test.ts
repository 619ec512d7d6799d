/** What belongs to a tenant and to the platform: tokens, audit, tenants, host clusters, cartridges. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { freePorts } from '../support/free-ports.ts';
import { Platform } from '../support/platform.ts';
import { overhang, screenshot, TestBrowser, violations } from './harness/browser.ts';

jest.setTimeout(120_000);

const open = new AsyncDisposableStack();
let platform: Platform;
let browser: TestBrowser;

beforeAll(async () => {
  platform = open.use(await Platform.start());
  browser = open.use(await TestBrowser.start());
});
afterAll(() => open.disposeAsync());

describe('tokens', () => {
  test('are made, shown once, good, and refused at once when they are revoked', async () => {
    await using visitor = await browser.visit(platform, { role: 'ADMIN' });
    const { page } = visitor;
    await page.goto('/tokens');
    await page.getByRole('button', { name: 'Make a token' }).click();
    await page.getByLabel('Name', { exact: true }).fill('ci of the shop');
    await page.getByLabel('Only for the application').fill('shop');
    await page.getByRole('button', { name: 'Make it' }).click();
    const bearer = (await page.locator('[data-token]').textContent())!;
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'I have it' }).click();
    const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'ci of the shop' }) });
    await row.getByText('shop of default').waitFor();
    expect(await page.content()).not.toContain(bearer);
    const ask = () =>
      fetch(`${platform.url}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: '{"query":"{ caller { name application } }"}',
      });
    expect(await (await ask()).json()).toEqual({ data: { caller: { name: 'ci of the shop', application: 'shop' } } });
    await row.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('button', { name: 'Revoke it' }).click();
    await row.waitFor({ state: 'detached' });
    expect((await ask()).status).toBe(401);
    expect(visitor.complaints).toEqual([]);
  });

  test('are offered up to one’s own role, and to admins only', async () => {
    await using admin = await browser.visit(platform, { role: 'ADMIN' });
    await admin.page.goto('/tokens');
    await admin.page.getByRole('button', { name: 'Make a token' }).click();
    expect(await admin.page.getByLabel('Role').getByRole('option').allTextContents()).toEqual([
      'viewer',
      'deployer',
      'admin',
    ]);
    await using viewer = await browser.visit(platform, { role: 'VIEWER' });
    await viewer.page.goto('/tokens');
    await viewer.page.getByText('Tokens are for admins.').waitFor();
  });
});

describe('the audit', () => {
  test('is filtered by its address, opens each record, and grows by itself', async () => {
    await using visitor = await browser.visit(platform);
    const { page } = visitor;
    await page.goto('/audit?mutation=createTenant');
    await page.getByText('There is no such record.').waitFor();
    await platform.ask(
      'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { userErrors { code } } }',
      {
        input: { name: 'acme' },
      },
    );
    const row = page.getByRole('row').filter({ hasText: 'acme' });
    await row.getByText('done').waitFor();
    await row.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('rowheader', { name: 'name', exact: true }).waitFor();
    expect(await violations(page)).toEqual([]);
    await screenshot(page, 'audit');
    await page.getByLabel('Who').fill('nobody');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.waitForURL(/actor=nobody/);
    await page.getByText('There is no such record.').waitFor();
    expect(visitor.complaints).toEqual([]);
  });
});

describe('tenants', () => {
  test('are made with a quota, which is changed', async () => {
    await using visitor = await browser.visit(platform);
    const { page } = visitor;
    await page.goto('/tenants');
    await page.getByRole('button', { name: 'Make a tenant' }).click();
    await page.getByLabel('Name', { exact: true }).fill('globex');
    const instances = page.getByRole('textbox', { name: 'Instances' });
    await instances.fill('many');
    await page.getByText('Expected a whole number.').waitFor();
    await instances.fill('7');
    await page.getByRole('button', { name: 'Make it' }).click();
    const card = page.getByRole('region', { name: 'globex' });
    await card.getByText('0 of 7').waitFor();
    await card.getByRole('button', { name: 'Change its quota' }).click();
    await page.getByRole('dialog').getByLabel('Memory that its instances declare').fill('3Gi');
    await page.getByRole('dialog').getByRole('button', { name: 'Set' }).click();
    await card.getByText('0 B of 3 GiB').waitFor();
    expect(await violations(page)).toEqual([]);
    await screenshot(page, 'tenants');
    expect(visitor.complaints).toEqual([]);
  });
});

describe('host clusters', () => {
  test('a kubeconfig that leads nowhere is refused by name, and kept nowhere', async () => {
    const [port] = await freePorts(1);
    await using visitor = await browser.visit(platform);
    const { page } = visitor;
    await page.goto('/host-clusters');
    await page.getByText('There are no host clusters.').waitFor();
    await page.getByRole('button', { name: 'Register a host cluster' }).click();
    await page.getByLabel('Name', { exact: true }).fill('frankfurt');
    await page.getByLabel('Broker, as its pods reach it').fill('mqtt://127.0.0.1:1883');
    await page.getByText('That is the pod itself').waitFor();
    await page.getByLabel('Broker, as its pods reach it').fill('mqtts://broker.example.org:8883');
    await page.getByLabel('Control plane, as its pods reach it').fill('https://cartwright.example.org');
    const field = page.getByLabel('Kubeconfig', { exact: true });
    await field.fill('kind: Pod');
    await page.getByText('This is no kubeconfig.').waitFor();
    await field.fill(
      JSON.stringify({
        ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'one' },
        contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
        clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${port}` } }],
        users: [{ name: 'u', user: { token: 'swordfish-4711' } }],
      }),
    );
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await page.getByText('Its API server cannot be connected to.').waitFor();
    await page.getByText('The kubeconfig was not kept: paste it again.').waitFor();
    expect(await field.inputValue()).toBe('');
    expect(await page.content()).not.toContain('swordfish-4711');
    expect(await violations(page)).toEqual([]);
    await screenshot(page, 'host-clusters-register');
    expect(visitor.complaints).toEqual([]);
  });

  test('are for operators', async () => {
    await using visitor = await browser.visit(platform, { role: 'ADMIN' });
    await visitor.page.goto('/host-clusters/frankfurt');
    await visitor.page.getByText('Host clusters are the platform’s own.').waitFor();
  });
});

describe('cartridges', () => {
  test('say what they are and what can be set of them, and lead to a deployment', async () => {
    await using visitor = await browser.visit(platform, { role: 'DEPLOYER' });
    const { page } = visitor;
    await page.goto('/cartridges');
    await page.getByRole('link', { name: 'nodejs' }).click();
    const memory = page
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name: 'resources.memoryBytes' }) });
    await memory.getByText('128Mi').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('link', { name: 'Deploy on it' }).click();
    await page.waitForURL(/\/deploy\?cartridge=nodejs/);
    await page
      .getByLabel('Cartridge')
      .getByRole('option', { selected: true })
      .getByText('nodejs')
      .waitFor({ state: 'attached' });
    await page.goto('/cartridges/none');
    await page.getByText('There is no cartridge none.').waitFor();
    expect(visitor.complaints).toEqual([]);
  });
});

test.each(['light', 'dark'] as const)(
  'these pages have no fault of accessibility in %s colours, nor on a phone',
  async (theme) => {
    for (const width of [1_280, 390]) {
      await using visitor = await browser.visit(platform, { theme, width });
      for (const path of ['tokens', 'audit', 'tenants', 'host-clusters', 'cartridges', 'cartridges/nodejs']) {
        await visitor.page.goto(`/${path}`);
        await visitor.page.getByRole('heading', { level: 1 }).waitFor();
        await visitor.page.getByText('Waiting for').waitFor({ state: 'detached' });
        expect({ path, found: await violations(visitor.page) }).toEqual({ path, found: [] });
        expect(await overhang(visitor.page)).toBe(0);
        await screenshot(visitor.page, `${path.replace('/', '-')}-${theme}-${width}`);
      }
      expect(visitor.complaints).toEqual([]);
    }
  },
);
