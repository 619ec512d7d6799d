/** The scaling chart panned over ten thousand points; what a frame takes of the main thread is told, and not judged: machines differ. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Platform } from '../support/platform.ts';
import { TestBrowser } from './harness/browser.ts';
import { ChartPage, pan } from './harness/chart-page.ts';

jest.setTimeout(240_000);

const FRAMES = 120;

let chart: ChartPage;
let platform: Platform;
let browser: TestBrowser;

beforeAll(async () => {
  chart = await ChartPage.serve();
  [platform, browser] = await Promise.all([Platform.start(), TestBrowser.start()]);
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
  await chart[Symbol.asyncDispose]();
});

test('is panned over ten thousand points, and each frame is drawn', async () => {
  await using visitor = await browser.visit(platform, { role: null });
  const frames = await pan(visitor, chart.url, FRAMES);
  const p95 = frames.toSorted((a, b) => a - b)[Math.floor(0.95 * FRAMES)]!;
  process.stdout.write(`main thread a frame, 95th percentile of ${FRAMES}: ${p95.toFixed(1)} ms\n`);
  expect(p95).toBeGreaterThan(0);
  expect(visitor.complaints).toEqual([]);
});
