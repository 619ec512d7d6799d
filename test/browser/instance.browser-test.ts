/** The page of an instance in a real browser. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { screenshot, TestBrowser, violations, type Visitor } from './harness/browser.ts';
import { startSite, type Site } from './harness/site.ts';
import { print, TALKER } from './harness/talker.ts';

jest.setTimeout(180_000);

let site: Site;
let browser: TestBrowser;
let uid: string;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite({}, TALKER), TestBrowser.start()]);
  [uid] = (await uids()) as [string];
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

/** Of the instances of "web" that run, oldest first. */
async function uids(): Promise<string[]> {
  const { serviceCluster } = await site.platform.ask<{
    serviceCluster: { instances: { edges: { node: { uid: string } }[] } };
  }>(
    '{ serviceCluster(ref: { application: "shop", alias: "web" }) { instances(first: 10) { edges { node { uid } } } } }',
  );
  return serviceCluster.instances.edges.map(({ node }) => node.uid);
}

const pathOf = (instance: string): string => `/applications/shop/web/instances/${instance}`;
const block = ({ page }: Visitor, name: string) =>
  page.locator('section').filter({ has: page.getByRole('heading', { name, level: 2 }) });
const row = (visitor: Visitor, name: RegExp) =>
  block(visitor, 'What it uses').getByRole('row').filter({ hasText: name });

async function scale(count: number): Promise<void> {
  const { scale: answer } = await site.platform.ask<{ scale: { userErrors: { message: string }[] } }>(
    'mutation ($input: ScaleInput!) { scale(input: $input) { userErrors { message } } }',
    { input: { ref: { application: 'shop', alias: 'web' }, kind: 'PIN', instances: count, reason: 'a test' } },
  );
  expect(answer.userErrors).toEqual([]);
}

describe('an instance that runs', () => {
  test('says what it uses, and goes on saying it', async () => {
    await using visitor = await browser.visit(site.platform);
    await visitor.page.goto(pathOf(uid));
    await visitor.page.getByRole('heading', { level: 1, name: new RegExp(uid.slice(-6)) }).waitFor();
    await eventually('it has sent a sample', async () =>
      /\d %/.test((await row(visitor, /^Memory/).textContent()) ?? ''),
    );
    expect(await row(visitor, /^Memory/).textContent()).toMatch(/of [\d.]+ [MG]iB.*[\d.]+ % \([\d.]+ MiB\)/);
    expect(await row(visitor, /^Clock/).textContent()).toMatch(/in time/);
    const line = row(visitor, /^Memory/).locator('path');
    await eventually('its history grows', async () => ((await line.getAttribute('d')) ?? '').includes('L'), 30_000);
    expect(visitor.complaints).toEqual([]);
  });

  test('says what it is, how it came to be there, and what it wrote last', async () => {
    await using visitor = await browser.visit(site.platform);
    await visitor.page.goto(pathOf(uid));
    const facts = block(visitor, 'What it is');
    await facts.getByText(/sha256-[0-9a-f]{12}/).waitFor();
    const text = (await facts.textContent())!;
    expect(text).toMatch(/Artifact\s*active/);
    expect(text).toMatch(/partition default of host cluster local/);
    expect(text).toMatch(/Agent\d+\.\d+\.\d+\S*, connected/);
    expect(await block(visitor, 'Its life').textContent()).toMatch(/active.*starting.*initialized.*created/s);
    await block(visitor, 'Why it is there').getByText('instance.created').waitFor();
    expect(await block(visitor, 'Why it is there').textContent()).toMatch(
      /Decision.*Placement.*default on local.*Object.*Process \d+.*instance\.created/s,
    );
    await block(visitor, 'The machine that its agent found').getByText('Operating system').waitFor();

    await print(site.url, ['this came last']);
    await block(visitor, 'Its last lines').getByText('this came last').waitFor();
    await visitor.page.getByRole('link', { name: 'All lines of this instance' }).click();
    await visitor.page.waitForURL(/\/logs\/shop\?.*instance=/);
    await visitor.page.getByRole('log', { name: 'Lines' }).getByText('this came last').waitFor();
  });

  test.each(['light', 'dark'] as const)(
    'has no fault of accessibility in %s colours, nor on a phone',
    async (theme) => {
      for (const width of [1_280, 390]) {
        await using visitor = await browser.visit(site.platform, { theme, width });
        await visitor.page.goto(pathOf(uid));
        await block(visitor, 'Its last lines').locator('.log-row').first().waitFor();
        expect(await violations(visitor.page)).toEqual([]);
        await screenshot(visitor.page, `instance-${theme}-${width}`);
        expect(visitor.complaints).toEqual([]);
      }
    },
  );
});

describe('restarting', () => {
  test('is offered to deployers, asked about, and seen in its life', async () => {
    await using visitor = await browser.visit(site.platform, { role: 'DEPLOYER' });
    await visitor.page.goto(pathOf(uid));
    await visitor.page.getByRole('button', { name: 'Restart …' }).click();
    await visitor.page.getByRole('dialog').getByRole('button', { name: 'Restart' }).click();
    await visitor.page.getByText('Its agent was told to restart it').waitFor();
    await block(visitor, 'Its life').getByText('maintenance').first().waitFor({ timeout: 30_000 });
    await visitor.page.locator('.page-head').getByText('active', { exact: true }).waitFor({ timeout: 30_000 });
  });

  test('is not offered to viewers', async () => {
    await using visitor = await browser.visit(site.platform, { role: 'VIEWER' });
    await visitor.page.goto(pathOf(uid));
    await block(visitor, 'Its life').waitFor();
    expect(await visitor.page.getByRole('button', { name: 'Restart …' }).count()).toBe(0);
  });
});

test('an application that ends tells why in its life, live', async () => {
  await using visitor = await browser.visit(site.platform);
  await visitor.page.goto(pathOf(uid));
  await block(visitor, 'Its life').waitFor();
  await fetch(new URL('/exit', site.url)).catch(() => undefined);
  await block(visitor, 'Its life')
    .getByText(/exit code 3|ended with 3|code 3/)
    .first()
    .waitFor({ timeout: 30_000 });
  await screenshot(visitor.page, 'instance-exited');
});

test('one that was stopped is still told of, from what is kept', async () => {
  await scale(2);
  const other = await eventually('there are two', async () => (await uids()).find((each) => each !== uid), 60_000);
  await using visitor = await browser.visit(site.platform);
  await visitor.page.goto(pathOf(other));
  await visitor.page.locator('.page-head').getByText('active', { exact: true }).waitFor({ timeout: 60_000 });
  await scale(1);
  const left = await eventually(
    'one has ended',
    async () => {
      const now = await uids();
      return now.length === 1 ? [uid, other].find((each) => !now.includes(each)) : undefined;
    },
    90_000,
  );
  await visitor.page.goto(pathOf(left));
  await visitor.page.locator('.page-head').getByText('terminated', { exact: true }).waitFor();
  await visitor.page.getByText('It has ended: nothing is measured any more.').waitFor();
  expect(await block(visitor, 'Its life').textContent()).toMatch(/terminated.*active/s);
});

test('of one that there is not it says so, and where to go', async () => {
  await using visitor = await browser.visit(site.platform);
  await visitor.page.goto(pathOf('01kzzzzzzzzzzzzzzzzzzzzzzz'));
  await visitor.page.getByText('There is no such instance').waitFor();
  await visitor.page.getByRole('link', { name: 'The instances of shop/web' }).waitFor();
  expect(await violations(visitor.page)).toEqual([]);
});
