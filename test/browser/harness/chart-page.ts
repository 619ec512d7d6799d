/** The page with the scaling chart alone, over ten thousand points, built and served. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { ROOT } from '../../support/root.ts';
import { MainThread } from './main-thread.ts';
import type { Visitor } from './browser.ts';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

export class ChartPage implements AsyncDisposable {
  readonly url: string;
  readonly #close: () => Promise<void>;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  static async serve(): Promise<ChartPage> {
    const folder = await mkdtemp(join(tmpdir(), 'cartwright-chart-'));
    const source = join(ROOT, 'control-plane/console/chart/testing');
    const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
    const built = spawnSync(process.execPath, [vite, 'build', source, '--outDir', folder, '--emptyOutDir'], {
      encoding: 'utf8',
    });
    if (built.status !== 0) throw new Error(`the page could not be built: ${built.stderr}`);
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
    return new ChartPage(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, async () => {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

/** Pans the chart of {@link ChartPage}. @returns what each frame took of the main thread, in milliseconds */
export async function pan({ page }: Visitor, url: string, frames: number): Promise<number[]> {
  await page.goto(url);
  await page.waitForFunction('"pan" in window');
  const thread = await MainThread.of(page);
  const taken: number[] = [];
  let before = await thread.workedMilliseconds();
  for (let frame = 0; frame < frames; frame += 1) {
    await page.evaluate(`pan(${frame})`);
    const now = await thread.workedMilliseconds();
    taken.push(now - before);
    before = now;
  }
  return taken;
}
