/** The scaling chart panned over ten thousand points; what a frame takes of the main thread is told, and not judged: machines differ. */
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Platform } from '../support/platform.ts';
import { ROOT } from '../support/root.ts';
import { TestBrowser } from './harness/browser.ts';

jest.setTimeout(240_000);

const FRAMES = 120;
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

let folder: string;
let platform: Platform;
let browser: TestBrowser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cartwright-chart-'));
  const page = join(ROOT, 'control-plane/console/chart/testing');
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const { status, stderr } = spawnSync(process.execPath, [vite, 'build', page, '--outDir', folder, '--emptyOutDir'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the page could not be built: ${stderr}`);
  [platform, browser] = await Promise.all([Platform.start(), TestBrowser.start()]);
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('is panned over ten thousand points, and each frame is drawn', async () => {
  const server = createServer((request, response) => {
    // Every browser asks for it.
    if (request.url === '/favicon.ico') return void response.writeHead(204).end();
    const name = request.url === '/' ? 'index.html' : request.url!.slice(1);
    readFile(join(folder, name)).then(
      (content) => response.writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'text/plain' }).end(content),
      () => response.writeHead(404).end(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await using visitor = await browser.visit(platform, { role: null });
    const { page } = visitor;
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction('"pan" in window');
    const inspector = await visitor.context.newCDPSession(page);
    // What the thread has worked, and not how long it had to wait for a processor of a busy machine.
    await inspector.send('Performance.enable', { timeDomain: 'threadTicks' });
    const worked = async (): Promise<number> => {
      const { metrics } = await inspector.send('Performance.getMetrics');
      return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
    };
    const frames: number[] = [];
    let before = await worked();
    for (let frame = 0; frame < FRAMES; frame += 1) {
      await page.evaluate(`pan(${frame})`);
      const now = await worked();
      frames.push(now - before);
      before = now;
    }
    const p95 = frames.toSorted((a, b) => a - b)[Math.floor(0.95 * FRAMES)]!;
    process.stdout.write(`main thread a frame, 95th percentile of ${FRAMES}: ${p95.toFixed(1)} ms\n`);
    expect(p95).toBeGreaterThan(0);
    expect(visitor.complaints).toEqual([]);
  } finally {
    server.close();
  }
});
