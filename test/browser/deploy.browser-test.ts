/** From a repository to an address, and what is said where that does not work. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Platform } from '../support/platform.ts';
import { CRASHING, Repository, WORKING } from '../support/repository.ts';
import { overhang, screenshot, TestBrowser, violations, type Visitor } from './harness/browser.ts';

jest.setTimeout(180_000);
const LONG = { timeout: 90_000 };

const open = new AsyncDisposableStack();
let platform: Platform;
let browser: TestBrowser;

beforeAll(async () => {
  platform = open.use(await Platform.start({ CARTWRIGHT_GIT_HOSTS: '127.0.0.1' }));
  browser = open.use(await TestBrowser.start());
});
afterAll(() => open.disposeAsync());

const deployButton = ({ page }: Visitor) => page.getByRole('button', { name: 'Deploy', exact: true });

describe('deploying a repository', () => {
  test('says at each field what is wrong, before anything is sent', async () => {
    await using visitor = await browser.visit(platform);
    const { page } = visitor;
    await page.goto('/deploy');
    await deployButton(visitor).click();
    await page.getByText('This is needed.').first().waitFor();
    // The first of them has the focus.
    expect(await page.locator(':focus').getAttribute('type')).toBe('url');
    await page.getByLabel('URL').fill('https://me:hunter2@git.example.org/shop.git');
    await page.getByText('everybody who sees the manifest would see them').waitFor();
    await page.locator('.variables').getByRole('button', { name: 'Add' }).click();
    await page.getByLabel('Name', { exact: true }).fill('PORT');
    await page.getByText('are set by the platform').waitFor();
    await page.getByText('Between bounds').click();
    await page.getByLabel('Minimum').fill('5');
    await page.getByLabel('Maximum').fill('2');
    await page.getByText('Expected at least the minimum, 5').waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  test('shows the branches and the last commit of the repository as one types', async () => {
    const repository = await Repository.create(join(platform.repositories, 'looked-at'), WORKING('one'));
    await repository.branch('next');
    await repository.commit(WORKING('two'), 'Take <b>cards</b>');
    await using visitor = await browser.visit(platform);
    const { page } = visitor;
    await page.goto('/deploy?cartridge=nodejs');
    const note = page.getByRole('status', { name: 'Repository' });
    await page.getByLabel('URL').fill(`${repository.url}-none`);
    await page.getByText('there is no repository at').waitFor();
    expect(await page.getByLabel('URL').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('URL').fill(repository.url);
    await note.getByText(/^Branch main, last commit [0-9a-f]{8} “Take <b>cards<\/b>” by Test, .*\.$/).waitFor();
    expect(await page.getByLabel('URL').getAttribute('aria-invalid')).toBe('false');
    await page.getByLabel('What is followed').selectOption('a branch');
    const name = page.getByLabel('Name of the branch');
    await name.fill('nxt');
    await page.getByText('has no branch "nxt"; it has main, next').waitFor();
    const offered = await page.locator(`[id="${await name.getAttribute('list')}"] option`).all();
    expect(await Promise.all(offered.map((option) => option.getAttribute('value')))).toEqual(['main', 'next']);
    await name.fill('next');
    await note.getByText(/^Branch next, last commit [0-9a-f]{8} “first”/).waitFor();
    await screenshot(page, 'deploy-repository');
    expect(await violations(page)).toEqual([]);
    expect(visitor.complaints).toEqual([]);
  });

  test('waits for no server that does not answer, and never takes its answer for that of another', async () => {
    const repository = await Repository.create(join(platform.repositories, 'quick'), WORKING('one'));
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      await using visitor = await browser.visit(platform);
      const { page } = visitor;
      await page.goto('/deploy?cartridge=nodejs');
      const asked = new Promise((resolve) => silent.once('request', resolve));
      await page.getByLabel('URL').fill(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/quick.git`);
      await asked;
      const note = page.getByRole('status', { name: 'Repository' });
      await note.getByText('Asking the Git server …').waitFor();
      expect(await deployButton(visitor).isEnabled()).toBe(true);
      await page.getByLabel('URL').fill(repository.url);
      await note.getByText('Branch main, last commit').waitFor();
      // The answer to the first question, which was ended, has come by now: the second waited for its end.
      expect(await note.textContent()).toContain('“first”');
      expect(await page.getByLabel('URL').getAttribute('aria-invalid')).toBe('false');
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });

  test('ends with the address, over a reload of the page', async () => {
    const repository = await Repository.create(join(platform.repositories, 'shop'), WORKING('one'));
    await using visitor = await browser.visit(platform);
    const { page } = visitor;
    await page.goto('/deploy');
    await page.getByLabel('URL').fill(repository.url);
    await page.getByLabel('Cartridge').selectOption('nodejs');
    await page.getByText('A new application, shop, with the component web.').waitFor();
    await page.getByLabel('Manifest').getByText('cartridge: nodejs').waitFor();
    await page.getByRole('button', { name: 'Check without deploying' }).click();
    await page.getByText('Nothing stands in its way.').waitFor();
    await screenshot(page, 'deploy-form');
    await deployButton(visitor).click();
    await page.waitForURL(/build=/);
    await page.reload();
    const address = page.getByRole('link', { name: /^http/ });
    await address.waitFor(LONG);
    await page.getByText('shop/web runs release 1.').waitFor();
    await page.getByRole('log', { name: 'Log of the build' }).getByText('nodejs: npm').waitFor();
    const response = await fetch((await address.getAttribute('href'))!);
    expect(await response.text()).toBe('one');
    await screenshot(page, 'deploy-done');
    expect(visitor.complaints).toEqual([]);
  });

  test('begins with what is stored of a component, and changes that', async () => {
    await using visitor = await browser.visit(platform);
    const { page } = visitor;
    await page.goto('/deploy?application=shop&alias=web');
    await page.getByText('shop/web exists and is changed.').waitFor();
    await page.locator('.variables').getByRole('button', { name: 'Add' }).click();
    await page.getByLabel('Name', { exact: true }).fill('GREETING');
    await page.getByLabel('Value of GREETING').fill('hello');
    await deployButton(visitor).click();
    await page.waitForURL(/build=/);
    // The changed variable is a release at once, and the build is another.
    await page.getByText('shop/web runs release 3.').waitFor(LONG);
    const { serviceCluster } = await platform.ask<{ serviceCluster: { variables: { name: string; value: string }[] } }>(
      '{ serviceCluster(ref: { application: "shop", alias: "web" }) { variables { name value } } }',
    );
    expect(serviceCluster.variables).toContainEqual({ name: 'GREETING', value: 'hello' });
  });

  test('ends with the reason and what to do where it does not start', async () => {
    const repository = await Repository.create(join(platform.repositories, 'broken'), CRASHING);
    await using visitor = await browser.visit(platform);
    const { page } = visitor;
    await page.goto('/deploy?cartridge=nodejs');
    await page.getByLabel('URL').fill(repository.url);
    await deployButton(visitor).click();
    await page.waitForURL(/build=/);
    const alert = page.getByRole('alert');
    await alert.getByText('It does not run:').waitFor(LONG);
    await alert.getByText('cannot find the till').first().waitFor();
    await alert.getByText('Nothing runs of it.').waitFor();
    await alert.getByRole('link', { name: 'Change and deploy again' }).waitFor();
    await screenshot(page, 'deploy-failed');
    expect(await violations(page)).toEqual([]);
  });

  test('says what the Git host refuses at the field, and leaves nothing', async () => {
    await using visitor = await browser.visit(platform);
    const { page } = visitor;
    await page.goto('/deploy?cartridge=nodejs');
    await page.getByLabel('URL').fill(`file://${platform.repositories}/none`);
    await deployButton(visitor).click();
    await page.getByRole('alert').waitFor();
    const { application } = await platform.ask<{ application: unknown }>('{ application(name: "none") { uid } }');
    expect(application).toBeNull();
  });

  test.each(['light', 'dark'] as const)(
    'has no fault of accessibility in %s colours, nor on a phone',
    async (theme) => {
      for (const width of [1_280, 390]) {
        await using visitor = await browser.visit(platform, { theme, width });
        const { page } = visitor;
        await page.goto('/deploy');
        await page.getByText('Between bounds').click();
        await page.getByText('More settings').click();
        for (const button of await page.getByRole('button', { name: 'Add' }).all()) await button.click();
        await deployButton(visitor).click();
        await page.getByText('This is needed.').first().waitFor();
        expect(await violations(page)).toEqual([]);
        expect(await overhang(page)).toBe(0);
        await screenshot(page, `deploy-${theme}-${width}`);
      }
    },
  );

  test('is not offered to whoever may only look', async () => {
    await using visitor = await browser.visit(platform, { role: 'VIEWER' });
    await visitor.page.goto('/deploy');
    await visitor.page.getByText('Your token may only look.').waitFor();
    expect(await visitor.page.getByRole('link', { name: 'Deploy' }).count()).toBe(0);
  });
});
