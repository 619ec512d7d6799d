/**
 * Takes what the application and the hooks print: into files, into batches for the broker, and the last lines into memory to
 * explain a failure with. Reading never stops, so a program that prints never waits for a disk or a network.
 */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { MAX_LINE_CHARACTERS } from '../../schema/mqtt/log.ts';
import { LineSplitter } from './lines.ts';
import type { LogBatch } from './log-batch.ts';
import { RotatingFile } from './rotating-file.ts';

const TAIL_LINES = 20;

/** What programs are attached to. */
export interface OutputSink {
  /** Both streams under one name. Resolves when both have ended. */
  attach(stream: string, stdout: Readable, stderr: Readable): Promise<void>;
  /** The last lines under a name that begins so, oldest first. */
  tail(stream: string, lines: number): string[];
  /** A line of the agent's own among a program's. */
  remark(stream: string, text: string): void;
}

export interface OutputOptions {
  readonly directory: string;
  readonly maximumFileBytes: number;
  readonly batch: LogBatch;
  readonly onError: (error: Error) => void;
}

export class Output implements OutputSink {
  readonly #options: OutputOptions;
  readonly #files = new Map<string, RotatingFile>();
  #tail: { readonly stream: string; readonly text: string }[] = [];

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  async attach(stream: string, stdout: Readable, stderr: Readable): Promise<void> {
    await Promise.all([this.follow(stream, stdout), this.follow(stream, stderr)]);
  }

  /** One stream of the application: `stdout` or `stderr`; hooks share the file `hooks.log`. */
  follow(stream: string, readable: Readable): Promise<void> {
    const file = this.#file(stream.startsWith('hook-') ? 'hooks' : stream);
    const splitter = new LineSplitter((text) => {
      this.#options.batch.add({ stream, text }, performance.now());
      this.#tail.push({ stream, text });
      if (this.#tail.length > 4 * TAIL_LINES) this.#tail = this.#tail.slice(-TAIL_LINES);
    });
    readable.on('data', (chunk: Buffer) => {
      file.write(chunk);
      splitter.write(chunk);
    });
    return new Promise((resolve) => {
      const end = () => {
        splitter.end();
        resolve();
      };
      readable.once('close', end);
      readable.once('error', this.#options.onError);
    });
  }

  remark(stream: string, text: string): void {
    this.#file(stream.startsWith('hook-') ? 'hooks' : stream).write(Buffer.from(`${text}\n`));
    this.#options.batch.add({ stream, text: text.slice(0, MAX_LINE_CHARACTERS) }, performance.now());
  }

  #file(name: string): RotatingFile {
    const known = this.#files.get(name);
    if (known) return known;
    const { directory, maximumFileBytes, onError } = this.#options;
    const file = new RotatingFile(join(directory, `${name}.log`), maximumFileBytes, onError);
    this.#files.set(name, file);
    return file;
  }

  tail(stream: string, lines: number): string[] {
    return this.#tail
      .filter((line) => line.stream.startsWith(stream))
      .slice(-lines)
      .map(({ text }) => text);
  }

  /** Lines of an earlier start explain nothing of the next. */
  forgetTail(): void {
    this.#tail = [];
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }
}
