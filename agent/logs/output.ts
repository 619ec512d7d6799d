/**
 * Takes what the application and the hooks print: into files, into batches for the broker, and the last lines into memory to
 * explain a failure with. Reading never stops, so a program that prints never waits for a disk or a network. What leaves the
 * instance (batches, and the lines that explain) is masked; the files are the instance's own.
 */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { MAX_LINE_CHARACTERS } from '../../schema/mqtt/log.ts';
import { LineSplitter } from './lines.ts';
import type { LogBatch } from './log-batch.ts';
import type { Masking } from './masking.ts';
import type { Positions } from './positions.ts';
import { RotatingFile } from './rotating-file.ts';

const TAIL_LINES = 20;
/** Streams whose files are read again from where they were sent, when the agent begins anew. */
export const KEPT_STREAMS: readonly string[] = ['stdout', 'stderr'];

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
  readonly masking: Masking;
  readonly positions: Positions;
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
    const { batch, masking } = this.#options;
    /** Bytes of the file before the first of this stream. */
    let before = file.acceptedBytes;
    const splitter = new LineSplitter({
      mask: (line, characters) => masking.apply(line, characters),
      lookahead: () => masking.longest,
      onLine: (text, { offset, isOpen }) => {
        batch.add({ stream, text, ...this.#settling(stream, file, before + offset, isOpen) }, performance.now());
        this.#tail.push({ stream, text });
        if (this.#tail.length > 4 * TAIL_LINES) this.#tail = this.#tail.slice(-TAIL_LINES);
      },
    });
    readable.on('data', (chunk: Buffer) => {
      before = file.acceptedBytes - splitter.offset;
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

  /** Notes how far the file was sent, when the line has been: by then the line is in it. */
  #settling(stream: string, file: RotatingFile, end: number, isOpen: boolean): { onSettled?: () => void } {
    if (!KEPT_STREAMS.includes(stream)) return {};
    return {
      onSettled: this.#options.positions.begin(stream, () => {
        const place = file.locate(Math.min(end, file.acceptedBytes));
        return place && { ...place, isOpen, head: '' };
      }),
    };
  }

  remark(stream: string, text: string): void {
    this.#file(stream.startsWith('hook-') ? 'hooks' : stream).write(Buffer.from(`${text}\n`));
    const line = this.#options.masking.apply(text).slice(0, MAX_LINE_CHARACTERS);
    this.#options.batch.add({ stream, text: line }, performance.now());
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
