/**
 * The console in a real browser on this machine: how much is loaded, how soon it can be used, and what it takes of the page's main thread
 * and memory when much goes on. A frame has 16 ms, a page that stands still under changes should leave two thirds of its thread.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { TestBrowser, type Visitor } from '../../browser/harness/browser.ts';
import { ChartPage, pan } from '../../browser/harness/chart-page.ts';
import { MainThread } from '../../browser/harness/main-thread.ts';
import { startSite, type Site } from '../../browser/harness/site.ts';
import { TALKER } from '../../browser/harness/talker.ts';
import type { Benchmark, Figure, Report } from '../benchmark.ts';
import { median, percentileOfSorted } from '../statistics.ts';
import { Crowd } from './crowd.ts';
import { followedLog } from './followed-log.ts';
import { liveUpdates } from './live-updates.ts';

const CHROMIUM = process.env.CARTWRIGHT_TEST_CHROMIUM ?? '/usr/bin/chromium';
const LOADS = 15;
const SLOWED = 4;
const FRAMES = 240;
const CLUSTERS = 1_000;
const STANDING_SECONDS = 30;

export const console_: Benchmark = {
  name: 'console',
  description: 'The console in Chromium against a control plane on this machine, with one application that runs.',
  whyNot: () =>
    existsSync(CHROMIUM)
      ? null
      : `there is no Chromium at ${CHROMIUM}: install it (apt-get install chromium), or name one by CARTWRIGHT_TEST_CHROMIUM`,
  async run(report) {
    process.env.CARTWRIGHT_TEST_CHROMIUM = CHROMIUM;
    await using site = await startSite({}, TALKER);
    await using browser = await TestBrowser.start();
    await firstLoads(site, browser, report);
    await liveUpdates(site, browser, report);
    await panning(site, browser, report);
    await crowd(site, browser, report);
    await followedLog(site, browser, report);
  },
};

/** What is loaded with an empty cache, and how long it takes until the first service cluster is there and a key is heard. */
async function firstLoads(site: Site, browser: TestBrowser, report: Report): Promise<void> {
  const loaded = { script: 0, all: 0 };
  const bare: number[] = [];
  const full: number[] = [];
  const slow: number[] = [];
  for (let round = 0; round < LOADS; round += 1) {
    bare.push(await within(site, browser, null, (page) => interactive(page, '/favicon.svg', null)));
    full.push(await within(site, browser, loaded, (page) => interactive(page, '/', 'web')));
    slow.push(
      await within(site, browser, null, async (page) => {
        await (await MainThread.of(page)).slowDown(SLOWED);
        return interactive(page, '/', 'web');
      }),
    );
  }
  const reference = { against: 'a picture alone from the same server', samples: LOADS };
  report([
    { name: 'first-load-script', value: loaded.script / 1_000, unit: 'KB', samples: 1 },
    { name: 'first-load', value: loaded.all / 1_000, unit: 'KB', samples: 1 },
    { name: 'interactive', value: median(full), unit: 'ms', ratio: ratio(median(full), median(bare)), ...reference },
    { name: `interactive-slowed-${SLOWED}`, value: median(slow), unit: 'ms', samples: LOADS },
  ]);
}

/** In a window of its own with an empty cache. @param loaded is told the bytes that went over the wire, of the last such window */
async function within(
  { platform }: Site,
  browser: TestBrowser,
  loaded: { script: number; all: number } | null,
  act: (page: Page) => Promise<number>,
): Promise<number> {
  await using visitor = await browser.visit(platform);
  const inspector = await visitor.context.newCDPSession(visitor.page);
  await inspector.send('Network.enable');
  const scripts = new Set<string>();
  const bytes = { script: 0, all: 0 };
  inspector.on('Network.responseReceived', ({ requestId, type }) => {
    if (type === 'Script') scripts.add(requestId);
  });
  inspector.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    bytes.all += encodedDataLength;
    if (scripts.has(requestId)) bytes.script += encodedDataLength;
  });
  const taken = await act(visitor.page);
  Object.assign(loaded ?? {}, bytes);
  if (visitor.complaints.length > 0) throw new Error(`the page complained: ${visitor.complaints.join('; ')}`);
  return taken;
}

/** @param alias of the service cluster that is waited for; null: the document alone. @returns milliseconds since the navigation began */
async function interactive(page: Page, path: string, alias: string | null): Promise<number> {
  await page.goto(path, { waitUntil: 'commit' });
  if (alias === null) await page.waitForLoadState('load');
  else {
    await page.getByRole('link', { name: alias, exact: true }).first().waitFor();
    // What is pressed is seen: the thread is free to answer.
    const filter = page.getByRole('searchbox', { name: 'Filter' });
    await filter.fill(alias);
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
  }
  return page.evaluate<number>('performance.now()');
}

async function panning({ platform }: Site, browser: TestBrowser, report: Report): Promise<void> {
  await using chart = await ChartPage.serve();
  await using visitor = await browser.visit(platform, { role: null });
  const frames = Float64Array.from(await pan(visitor, chart.url, FRAMES)).sort();
  report([
    { name: 'chart-pan-median', value: percentileOfSorted(frames, 0.5), unit: 'ms', samples: FRAMES },
    { name: 'chart-pan-p95', value: percentileOfSorted(frames, 0.95), unit: 'ms', samples: FRAMES },
  ]);
}

/** The share of the main thread that an overview takes of which each line changes once a second. */
async function crowd({ platform }: Site, browser: TestBrowser, report: Report): Promise<void> {
  await using many = await Crowd.of(new URL(platform.url), CLUSTERS);
  await using visitor = await browser.visit(platform);
  const { page } = visitor;
  await page.goto(many.url);
  await page
    .getByRole('table')
    .and(page.locator(`[aria-rowcount="${CLUSTERS + 1}"]`))
    .waitFor();
  const thread = await MainThread.of(page);
  const standing = await thread.share(() => sleep(STANDING_SECONDS * 1_000));
  const scrolling = await thread.share(() => scroll(visitor, STANDING_SECONDS));
  await thread.slowDown(SLOWED);
  const slowed = await thread.share(() => sleep(STANDING_SECONDS * 1_000));
  if (many.rounds < 2 * STANDING_SECONDS) throw new Error(`only ${many.rounds} changes were sent`);
  if (visitor.complaints.length > 0) throw new Error(`the page complained: ${visitor.complaints.join('; ')}`);
  const figure = (name: string, value: number): Figure => ({ name, value, unit: '%', samples: STANDING_SECONDS });
  report([
    figure('overview-1000', standing),
    figure('overview-1000-scrolled', scrolling),
    figure(`overview-1000-slowed-${SLOWED}`, slowed),
  ]);
}

async function scroll({ page }: Visitor, seconds: number): Promise<void> {
  await page.getByRole('table').hover();
  const until = performance.now() + seconds * 1_000;
  for (let step = 0; performance.now() < until; step += 1) {
    await page.mouse.wheel(0, step % 200 < 100 ? 120 : -120);
    await sleep(50);
  }
}

const ratio = (value: number, reference: number): number => Number((value / reference).toPrecision(3));
