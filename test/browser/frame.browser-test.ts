/** What surrounds every page: the way in, whether it is live, and what becomes of a page whose control plane goes away. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { FaultyProxy } from '../support/faulty-proxy.ts';
import { Platform } from '../support/platform.ts';
import { newToken, screenshot, TestBrowser, violations, type Visitor } from './harness/browser.ts';

jest.setTimeout(120_000);

const open = new AsyncDisposableStack();
let platform: Platform;
let browser: TestBrowser;

beforeAll(async () => {
  platform = open.use(await Platform.start());
  browser = open.use(await TestBrowser.start());
});
afterAll(() => open.disposeAsync());

const connection = ({ page }: Visitor) => page.getByRole('status', { name: 'Connection' });
const heading = ({ page }: Visitor, name: string) => page.getByRole('heading', { name, level: 1 });

/** Waits until the badge says it. */
async function says(visitor: Visitor, text: string): Promise<void> {
  await connection(visitor).filter({ hasText: text }).waitFor();
}

describe('the way in', () => {
  test('is a token, and what is wrong with one is said', async () => {
    await using visitor = await browser.visit(platform, { role: null });
    await visitor.page.goto('/audit');
    await visitor.page.getByLabel('Token').fill('cw_nobody');
    await visitor.page.getByRole('button', { name: 'Sign in' }).click();
    await visitor.page.getByRole('alert').waitFor();
    expect(await visitor.page.getByRole('alert').textContent()).toMatch(/token/i);
    await screenshot(visitor.page, 'sign-in');
    expect(await violations(visitor.page)).toEqual([]);

    await visitor.page.getByLabel('Token').fill(platform.token);
    await visitor.page.getByRole('button', { name: 'Sign in' }).click();
    await says(visitor, 'live');
    expect(new URL(visitor.page.url()).pathname).toBe('/audit');
  });

  test('keeps the token from every script of the page', async () => {
    await using visitor = await browser.visit(platform, { role: null });
    await visitor.page.goto('/');
    await visitor.page.getByLabel('Token').fill(platform.token);
    await visitor.page.getByRole('button', { name: 'Sign in' }).click();
    await says(visitor, 'live');
    const [cookies, stored] = await visitor.page.evaluate(() => {
      const { document, localStorage, sessionStorage } = globalThis as unknown as {
        document: { cookie: string };
        localStorage: object;
        sessionStorage: object;
      };
      return [document.cookie, JSON.stringify([localStorage, sessionStorage])];
    });
    expect(cookies).toBe('');
    expect(stored).not.toContain(platform.token);
    const [cookie] = await visitor.context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    expect(cookie!.value).not.toContain(platform.token);
  });

  test('is a link that works once, and leaves no code in the address', async () => {
    const { createSignInLink } = await platform.ask<{ createSignInLink: { url: string } }>(
      'mutation ($input: CreateSignInLinkInput!) { createSignInLink(input: $input) { url } }',
      { input: { path: '/tokens' } },
    );
    await using first = await browser.visit(platform, { role: null });
    await first.page.goto(createSignInLink.url);
    await says(first, 'live');
    expect(first.page.url()).toBe(`${platform.url}/tokens`);

    await using second = await browser.visit(platform, { role: null });
    await second.page.goto(createSignInLink.url);
    await second.page.getByRole('alert').waitFor();
    await second.page.getByLabel('Token').waitFor();
  });

  test('asks first where a link would make somebody else of who is signed in', async () => {
    const { createSignInLink } = await platform.ask<{ createSignInLink: { url: string } }>(
      'mutation ($input: CreateSignInLinkInput!) { createSignInLink(input: $input) { url } }',
      { input: { path: '/tokens' } },
    );
    await using visitor = await browser.visit(platform, { role: 'VIEWER' });
    const { page } = visitor;
    const before = await visitor.context.cookies();
    await page.goto(createSignInLink.url);
    await page.getByRole('heading', { name: /^Sign in as .+\?$/ }).waitFor();
    expect(new URL(page.url()).hash).toBe('');
    await screenshot(page, 'sign-in-as-another');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: /^Stay / }).click();
    await says(visitor, 'live');
    expect(await visitor.context.cookies()).toEqual(before);
    expect(new URL(page.url()).pathname).toBe('/');
    // The link was not used up.
    await page.goto(createSignInLink.url);
    await page.getByRole('button', { name: /^Sign in as / }).click();
    await says(visitor, 'live');
    expect(page.url()).toBe(`${platform.url}/tokens`);
    expect(await visitor.context.cookies()).not.toEqual(before);
    await page.reload();
    await says(visitor, 'live');
  });

  test('leads out again', async () => {
    await using visitor = await browser.visit(platform);
    await visitor.page.goto('/');
    await says(visitor, 'live');
    await visitor.page.locator('[popovertarget="account"]').click();
    await visitor.page.getByRole('button', { name: 'Sign out' }).click();
    await visitor.page.getByLabel('Token').waitFor();
    await visitor.page.reload();
    await visitor.page.getByLabel('Token').waitFor();
  });
});

describe('a page that is open', () => {
  test('is told that its token was revoked, and goes on where it was with another', async () => {
    const token = await newToken(platform, 'ADMIN');
    await using visitor = await browser.visit(platform, { role: null });
    await visitor.page.goto('/policies');
    await visitor.page.getByLabel('Token').fill(token);
    await visitor.page.getByRole('button', { name: 'Sign in' }).click();
    await says(visitor, 'live');
    const { tokens } = await platform.ask<{ tokens: { uid: string; name: string; revokedAt: string | null }[] }>(
      '{ tokens(tenant: "default") { uid name revokedAt } }',
    );
    for (const { uid } of tokens.filter(({ name, revokedAt }) => name.startsWith('admin-') && revokedAt === null)) {
      await platform.ask(
        'mutation ($input: RevokeTokenInput!) { revokeToken(input: $input) { userErrors { code } } }',
        {
          input: { uid },
        },
      );
    }
    await visitor.page.getByLabel('Token').waitFor();
    expect(await visitor.page.locator('.note.warning').textContent()).toContain('revoked');
    await visitor.page.getByLabel('Token').fill(platform.token);
    await visitor.page.getByRole('button', { name: 'Sign in' }).click();
    await says(visitor, 'live');
    expect(new URL(visitor.page.url()).pathname).toBe('/policies');
  });

  test('says that the connection is lost, and comes back without a reload', async () => {
    await using proxy = await FaultyProxy.to(new URL(platform.url));
    await using visitor = await browser.visit(platform, { role: null });
    const { page } = visitor;
    await page.goto(`http://127.0.0.1:${proxy.port}/`);
    await page.getByLabel('Token').fill(platform.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await says(visitor, 'live');
    await page.evaluate(() => Object.assign(globalThis, { wasNotLoadedAgain: true }));
    proxy.cut();
    await says(visitor, 'live');
    // One that hangs and tells nobody is noticed by its silence.
    proxy.hold();
    await connection(visitor).and(page.locator(':not([data-freshness="good"])')).waitFor({ timeout: 20_000 });
    proxy.goOn();
    proxy.cut();
    await says(visitor, 'live');
    expect(await page.evaluate(() => 'wasNotLoadedAgain' in globalThis)).toBe(true);
  });

  test('lives through a restart of the control plane, still signed in', async () => {
    await using visitor = await browser.visit(platform);
    await visitor.page.goto('/');
    await says(visitor, 'live');
    await platform.end('SIGKILL');
    await says(visitor, 'not connected');
    await screenshot(visitor.page, 'not-connected');
    await platform.run();
    await says(visitor, 'live');
    await visitor.page.reload();
    await says(visitor, 'live');
  });
});

test('a control plane of another version is told of, and the page offers to be loaded anew', async () => {
  await using visitor = await browser.visit(platform);
  const { page } = visitor;
  const opened: { close(): Promise<void> }[] = [];
  await page.routeWebSocket('**/graphql', (socket) => {
    opened.push(socket);
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const text = message.toString();
      const isUpgraded = opened.length > 1 && text.includes('connection_ack');
      socket.send(isUpgraded ? JSON.stringify({ type: 'connection_ack', payload: { version: '99.0.0' } }) : text);
    });
  });
  await page.goto('/');
  await says(visitor, 'live');
  expect(await page.getByRole('button', { name: 'Reload' }).count()).toBe(0);
  await opened[0]!.close();
  await page.getByRole('alert').filter({ hasText: 'The control plane is now of version 99.0.0' }).waitFor();
  await page.getByRole('button', { name: 'Reload' }).waitFor();
  await says(visitor, 'live');
});

describe('the frame', () => {
  test('offers a viewer only what a viewer may', async () => {
    await using viewer = await browser.visit(platform, { role: 'VIEWER' });
    await viewer.page.goto('/');
    await says(viewer, 'live');
    const places = await viewer.page.getByRole('navigation', { name: 'Main' }).getByRole('link').allTextContents();
    expect(places).toContain('Overview');
    for (const place of ['Tokens', 'Audit', 'Deploy']) expect(places).not.toContain(place);
  });

  test('says what to do about a page that does not exist', async () => {
    await using visitor = await browser.visit(platform);
    await visitor.page.goto('/no/such/place');
    await heading(visitor, 'There is no such page').waitFor();
    await visitor.page.getByRole('link', { name: 'Go to the overview' }).click();
    await visitor.page.waitForURL('**/');
  });

  test.each([
    ['/applications/', (name: string) => `The tenant default has no application ${name}.`],
    ['/cartridges/', (name: string) => `There is no cartridge ${name}.`],
    ['/host-clusters/', (name: string) => `there is no host cluster "${name}"`],
  ])('shows a name in the address %s as text that turns nothing around', async (path, said) => {
    await using visitor = await browser.visit(platform);
    await visitor.page.goto(`${path}${encodeURIComponent('\u202egnp.<script>alert(1)</script>')}`);
    await visitor.page.getByText(said('<U+202E>gnp.<script>alert(1)</script>')).waitFor();
    expect(await visitor.page.title()).not.toContain('\u202e');
    expect(visitor.complaints).toEqual([]);
  });

  test.each([
    ['/logs/nobody', 'there is no application "nobody"', 'All applications'],
    ['/host-clusters/nobody', 'there is no host cluster "nobody"', 'All host clusters'],
  ])('says at %s what there is not, and where to go', async (path, said, onward) => {
    await using visitor = await browser.visit(platform);
    await visitor.page.goto(path);
    await visitor.page.getByText(said).waitFor();
    await visitor.page.getByRole('link', { name: onward }).waitFor();
    expect(await visitor.page.getByRole('button', { name: /^Follow/ }).count()).toBe(0);
    expect(visitor.complaints).toEqual([]);
  });

  test.each(['light', 'dark'] as const)(
    'has no fault of accessibility in %s colours, nor on a phone',
    async (theme) => {
      for (const width of [1_280, 390]) {
        await using visitor = await browser.visit(platform, { theme, width });
        await visitor.page.goto('/');
        await says(visitor, 'live');
        expect(await violations(visitor.page)).toEqual([]);
        await screenshot(visitor.page, `frame-${theme}-${width}`);
        expect(visitor.complaints).toEqual([]);
      }
    },
  );

  test('runs no script that is not its own', async () => {
    await using visitor = await browser.visit(platform);
    const answer = await visitor.page.goto('/');
    const policy = answer!.headers()['content-security-policy']!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
    await says(visitor, 'live');
    const ran = await visitor.page.evaluate(() => {
      const { document } = globalThis as unknown as {
        document: { createElement(name: string): { textContent: string }; head: { append(node: unknown): void } };
      };
      const script = document.createElement('script');
      try {
        script.textContent = 'globalThis.foreignScriptRan = true';
      } catch {
        // Refused already where the browser knows trusted types.
      }
      document.head.append(script);
      return 'foreignScriptRan' in globalThis;
    });
    expect(ran).toBe(false);
  });
});
