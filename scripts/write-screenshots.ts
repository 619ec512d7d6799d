/**
 * `npm run screenshots`: plays the demo and takes the pictures of the documentation, in `docs/screenshots`, while it runs. Needs Debian's
 * chromium, or another one that `CARTWRIGHT_TEST_CHROMIUM` names. About four minutes.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';

const root = join(import.meta.dirname, '..');
const program = join(root, 'dist/control-plane/cli/bin.js');
const folder = join(root, 'docs/screenshots');
const executablePath = process.env.CARTWRIGHT_TEST_CHROMIUM ?? '/usr/bin/chromium';
const LIMIT_MILLISECONDS = 240_000;
/** Past the slope up: there is a forecast to be seen, and decisions that it led to. */
const LOADED_SECONDS = 75;

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  /** Waits until there is what the picture is for. */
  readonly until: (page: Page) => Promise<unknown>;
  /** The part that the picture is of; what the window shows if absent. */
  readonly of?: (page: Page) => Locator;
}

const PICTURES: readonly Picture[] = [
  {
    name: 'overview',
    path: '/',
    height: 560,
    until: (page) => page.getByRole('link', { name: 'web', exact: true }).first().waitFor(),
  },
  {
    name: 'service-cluster',
    path: '/applications/shop/web',
    height: 1_000,
    until: async (page) => {
      await page.getByRole('region', { name: 'Forecasters' }).getByRole('table').waitFor();
      await lastMinutes(page);
    },
  },
  {
    name: 'decision',
    path: '/applications/shop/web',
    // The list is as high as the window.
    height: 2_000,
    until: async (page) => {
      await actions(page).first().click();
      await page.getByRole('heading', { name: 'Proposals' }).first().waitFor();
    },
    of: (page) => page.locator('.decision-list > li').filter({ has: page.getByRole('heading', { name: 'Proposals' }) }),
  },
  {
    name: 'application',
    path: '/applications/shop',
    height: 720,
    until: (page) => page.getByRole('heading', { level: 1 }).waitFor(),
  },
  {
    name: 'policy',
    path: '/applications/shop/web/policy',
    height: 1_000,
    until: (page) => page.getByText('The control plane would take it as it is.').waitFor(),
  },
  {
    name: 'phone',
    path: '/applications/shop/web',
    width: 390,
    height: 844,
    theme: 'dark',
    until: lastMinutes,
  },
];

function actions(page: Page): Locator {
  return page.locator('summary').filter({ hasText: /→ \d+ instances, because/ });
}

async function lastMinutes(page: Page): Promise<void> {
  await page.getByRole('application').first().waitFor();
  await page.getByRole('button', { name: '2 min', exact: true }).click();
}

if (!existsSync(executablePath)) {
  console.error(
    `there is no Chromium at ${executablePath}: install it (apt-get install chromium), or name one by CARTWRIGHT_TEST_CHROMIUM`,
  );
  process.exit(1);
}
mkdirSync(folder, { recursive: true });
const demo = spawn(process.execPath, [program, 'demo'], { stdio: ['ignore', 'pipe', 'inherit'] });
const ended = once(demo, 'exit');
let said = '';
demo.stdout.setEncoding('utf8').on('data', (text: string) => {
  said += text;
  process.stdout.write(text);
});
try {
  const directory = await heard(/Everything is in (\S+);/);
  await heard(/The load begins/);
  await sleep(LOADED_SECONDS * 1_000);
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  try {
    for (const picture of PICTURES) await take(browser, picture, await signInLink(join(directory, 'contexts.json')));
  } finally {
    await browser.close();
  }
  const [code] = (await ended) as [number | null];
  process.exitCode = code ?? 1;
} catch (error) {
  console.error(`no pictures: ${(error as Error).message}`);
  process.exitCode = 1;
  // It ends what it has started.
  demo.kill('SIGTERM');
  await ended;
}

/** @returns the first group of the first match of what the demo says. Rejects where it ends before, or takes too long. */
async function heard(pattern: RegExp): Promise<string> {
  const until = Date.now() + LIMIT_MILLISECONDS;
  while (Date.now() < until) {
    const found = pattern.exec(said);
    if (found !== null) return found[1] ?? found[0];
    if (demo.exitCode !== null) throw new Error(`the demo ended with ${demo.exitCode}`);
    await sleep(200);
  }
  throw new Error(`the demo did not say ${pattern} within ${LIMIT_MILLISECONDS / 1_000} s`);
}

async function signInLink(contexts: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, 'open', '--print'], {
    env: { ...process.env, CARTWRIGHT_CONFIG: contexts },
  });
  return stdout.trim();
}

async function take(browser: Browser, picture: Picture, link: string): Promise<void> {
  const { width = 1_280, height = 800, theme = 'light' } = picture;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  try {
    const page = await context.newPage();
    await page.goto(link);
    await page.getByRole('main').waitFor();
    await page.goto(new URL(picture.path, link).href);
    await picture.until(page);
    // Until what has come is drawn.
    await page.waitForTimeout(1_500);
    const path = join(folder, `${picture.name}.png`);
    await (picture.of === undefined ? page.screenshot({ path }) : picture.of(page).screenshot({ path }));
    console.log(path);
  } finally {
    await context.close();
  }
}
