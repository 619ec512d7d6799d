/** Starts the load generator in a process of its own and collects what it tells. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { LoadEnd, LoadOrder, LoadSecond } from './load-generator.ts';

export class LoadProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ended: Promise<void>;
  readonly seconds: LoadSecond[] = [];
  sent = 0;

  constructor(order: LoadOrder, onSecond: (second: LoadSecond) => void) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'load-main.js')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child = child;
    child.stdin.end(JSON.stringify(order));
    const exited = new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) =>
        code === 0 ? resolve() : reject(new Error(`the load generator ended with ${code}`)),
      );
    });
    const read = (async () => {
      for await (const text of createInterface({ input: child.stdout })) {
        const line = JSON.parse(text) as LoadSecond | LoadEnd;
        if (line.kind === 'end') {
          this.sent = line.sent;
          continue;
        }
        this.seconds.push(line);
        onSecond(line);
      }
    })();
    this.#ended = Promise.all([exited, read]).then(() => undefined);
    // Told to whoever awaits `ended`; until then a failure must not end the demo unhandled.
    this.#ended.catch(() => undefined);
  }

  /** Resolves when every request was answered or has failed. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  kill(): void {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
  }
}
