/** A real browser: one for a test file, a context of its own (cookies, size, colours) for each visitor. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type ConsoleMessage, type Page } from 'playwright-core';
import type { Platform } from '../../support/platform.ts';

export type Role = 'VIEWER' | 'DEPLOYER' | 'ADMIN' | 'OPERATOR';

export interface Visit {
  /** What the visitor may do; an operator if absent. `null`: not signed in. */
  readonly role?: Role | null;
  /** Colours; light if absent. */
  readonly theme?: 'light' | 'dark';
  /** Width of the window in CSS pixels; 1,280 if absent. */
  readonly width?: number;
}

/** Without these the browser looks for hosts of its maker at each start, which a closed network refuses. */
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
  '--no-sandbox',
];

/** A visitor: a page, and what it complained of. */
export class Visitor implements AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts, violations of the Content-Security-Policy and failed loads, in order. */
  readonly complaints: string[] = [];

  constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message: ConsoleMessage) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}

export class TestBrowser implements AsyncDisposable {
  readonly #folder: string;
  readonly #browser: Awaited<ReturnType<typeof chromium.launch>>;

  private constructor(folder: string, browser: Awaited<ReturnType<typeof chromium.launch>>) {
    this.#folder = folder;
    this.#browser = browser;
  }

  /** Throws where `npm run test:browser` has not said which browser. */
  static async start(): Promise<TestBrowser> {
    const executablePath = process.env.CARTWRIGHT_TEST_CHROMIUM;
    if (executablePath === undefined) throw new Error('run these tests by "npm run test:browser"');
    const folder = await mkdtemp(join(tmpdir(), 'cartwright-browser-'));
    return new TestBrowser(folder, await chromium.launch({ executablePath, args: QUIET, artifactsDir: folder }));
  }

  /** A visitor, signed in but for role null, who has not gone anywhere yet. Ends with the browser. */
  async visit(platform: Platform, { role = 'OPERATOR', theme = 'light', width = 1_280 }: Visit = {}): Promise<Visitor> {
    const context = await this.#browser.newContext({
      baseURL: platform.url,
      colorScheme: theme,
      viewport: { width, height: width < 600 ? 840 : 900 },
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(15_000);
    if (role !== null) {
      const token = role === 'OPERATOR' ? platform.token : await newToken(platform, role);
      const response = await context.request.post('/session', { data: { token } });
      if (!response.ok()) throw new Error(`signing in: ${response.status()} ${await response.text()}`);
    }
    return new Visitor(context, await context.newPage());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** How many tokens were made: their names are taken once. */
let tokens = 0;

/** A token of the tenant "default". */
export async function newToken(platform: Platform, role: Role): Promise<string> {
  const { createToken } = await platform.ask<{
    createToken: { bearer: string | null; userErrors: { message: string }[] };
  }>('mutation ($input: CreateTokenInput!) { createToken(input: $input) { bearer userErrors { message } } }', {
    input: { tenant: 'default', role, name: `${role.toLowerCase()}-${(tokens += 1)}` },
  });
  if (createToken.bearer === null) throw new Error(createToken.userErrors.map(({ message }) => message).join('; '));
  return createToken.bearer;
}

let axeSource: string | null = null;

/** What axe finds against WCAG 2.2 A and AA, one line a violation with the elements; none: an empty list. */
export async function violations(page: Page): Promise<string[]> {
  axeSource ??= await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Through the debugger's own world: the page's policy allows no script but its own.
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    interface Found {
      readonly id: string;
      readonly help: string;
      readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
    }
    const { axe, document } = globalThis as unknown as {
      document: unknown;
      axe: { run(root: unknown, options: object): Promise<{ violations: readonly Found[] }> };
    };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const { violations: found } = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return found.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}\n${nodes.map(({ target, failureSummary }) => `  ${target.join(' ')}: ${failureSummary ?? ''}`).join('\n')}`,
    );
  });
}

/** How far the page reaches beyond the window sideways, in CSS pixels; 0 is as it should be. */
export function overhang(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

/** Leaves a picture of the whole page for who looks at the run. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.CARTWRIGHT_TEST_SCREENSHOTS;
  if (folder === undefined) return;
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
