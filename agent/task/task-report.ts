/**
 * Brings what a task prints, and its result, to the control plane: a pod's files are nobody's once it has ended. What was printed lies in the files of
 * {@link TaskOutput}, so nothing waits for the network, and a control plane that is away gets all of it when it is back.
 */
import { open, writeFile } from 'node:fs/promises';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  MOST_HELD_BYTES,
  MOST_MESSAGE_BYTES,
  MOST_OUTPUT_BYTES_AT_ONCE,
  outputHeld,
  type TaskResult,
} from '../../schema/agent/task.ts';
import { HttpError, httpPut, readBody } from '../artifacts/http.ts';
import { fullJitter } from '../back-off.ts';
import type { AgentLog } from '../logs/agent-log.ts';

const STREAMS = ['stdout', 'stderr'] as const;
const LOOK_EVERY_MILLISECONDS = 200;
const BASE_MILLISECONDS = 500;
const CAP_MILLISECONDS = 10_000;
const MOST_ANSWER_BYTES = 4096;
/** How long a task that has ended waits for a control plane that is away; its result is in the message of its container, too. */
const PATIENCE_MILLISECONDS = 600_000;
const ONE_TRY_MILLISECONDS = 30_000;

export interface TaskReportOptions {
  /** Below which the output and the result are brought. */
  readonly url: string;
  readonly token: () => string;
  /** Folder of the files `stdout.log` and `stderr.log`. */
  readonly directory: string;
  /** That the kubelet takes the container's message from. */
  readonly messageFile: string;
  readonly log: AgentLog;
  readonly random?: () => number;
}

export class TaskReport {
  readonly #options: TaskReportOptions;
  readonly #closing = new AbortController();
  readonly #sent = { stdout: 0, stderr: 0 };
  #loop: Promise<void> = Promise.resolve();
  #isOver = false;
  #failures = 0;

  constructor(options: TaskReportOptions) {
    this.#options = options;
  }

  /** Brings the output from now on, as it comes. */
  start(): void {
    this.#loop = this.#follow();
  }

  /** To be called when all of the output is in the files. Resolves when everything was brought, nobody takes it, or it was tried for too long. Never rejects. */
  async finish(result: TaskResult): Promise<void> {
    const { log, messageFile } = this.#options;
    await writeFile(messageFile, messageOf(result)).catch((error: unknown) =>
      log('error', 'the message of the container was not written', { error: (error as Error).message }),
    );
    this.#isOver = true;
    await this.#loop;
    const until = performance.now() + PATIENCE_MILLISECONDS;
    for (;;) {
      if (this.#closing.signal.aborted) return;
      try {
        await this.#bringOutput();
        const body = Buffer.from(JSON.stringify(result));
        (await this.#put('result', { 'content-type': 'application/json' }, body)).resume();
        return;
      } catch (error) {
        if (isFinal(error) || performance.now() > until) return this.#giveUp(error);
        await this.#pauseAfter(error);
      }
    }
  }

  /** Nothing is tried any more. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#closing.abort();
    await this.#loop;
  }

  async #follow(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#bringOutput();
        await delay(LOOK_EVERY_MILLISECONDS, undefined, { signal: this.#closing.signal });
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        if (isFinal(error)) return this.#giveUp(error);
        await this.#pauseAfter(error);
      }
    }
  }

  /** Everything that is in the files now. */
  async #bringOutput(): Promise<void> {
    for (const stream of STREAMS)
      for (;;) {
        const bytes = await readFrom(join(this.#options.directory, `${stream}.log`), this.#sent[stream]);
        if (bytes.length === 0) break;
        const headers = { 'content-type': 'application/octet-stream' };
        const answer = await this.#put(`output/${stream}?from=${this.#sent[stream]}`, headers, bytes);
        const held = outputHeld.parse(JSON.parse((await readBody(answer, MOST_ANSWER_BYTES)).toString('utf8')));
        const isMore = held.size > this.#sent[stream];
        // One that has lost what it held gets it again.
        this.#sent[stream] = held.size;
        if (!isMore) throw new Error(`of ${stream} it holds ${held.size} bytes and takes no more now`);
        this.#failures = 0;
      }
  }

  #put(path: string, headers: OutgoingHttpHeaders, body: Buffer): Promise<IncomingMessage> {
    const { url, token } = this.#options;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(ONE_TRY_MILLISECONDS)]);
    return httpPut(`${url}/${path}`, { token: token(), signal, headers }, body);
  }

  async #pauseAfter(error: unknown): Promise<void> {
    const { log, random = Math.random } = this.#options;
    log('warn', 'the control plane does not take what the task printed; trying again', {
      error: (error as Error).message,
    });
    const pause = BASE_MILLISECONDS / 2 + fullJitter(this.#failures, BASE_MILLISECONDS, CAP_MILLISECONDS, random());
    this.#failures += 1;
    // Aborted: whoever tries sees it.
    await delay(pause, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }

  #giveUp(error: unknown): void {
    this.#options.log('error', 'the control plane does not take what the task printed', {
      error: (error as Error).message,
    });
  }
}

/** Nobody waits for it any more. */
function isFinal(error: unknown): boolean {
  return error instanceof HttpError && [400, 401, 403, 404, 413].includes(error.status);
}

async function readFrom(path: string, from: number): Promise<Buffer> {
  try {
    await using file = await open(path, 'r');
    const size = Math.max(0, Math.min(MOST_OUTPUT_BYTES_AT_ONCE, MOST_HELD_BYTES - from));
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, from);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

/** The result with as many of its last lines as there is room for. */
function messageOf(result: TaskResult): string {
  for (let skipped = 0; ; skipped += 1) {
    const text = JSON.stringify({ ...result, lastLines: result.lastLines.slice(skipped) });
    if (Buffer.byteLength(text) <= MOST_MESSAGE_BYTES || skipped >= result.lastLines.length) return text;
  }
}
