/** What a task prints: into two files, bounded, and its last lines for the result; both without what is to be masked. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { join } from 'node:path';
import { MOST_OUTPUT_BYTES, RESULT_LINES } from '../../schema/agent/task.ts';
import { LineSplitter } from '../logs/lines.ts';
import type { Masking } from '../logs/masking.ts';
import { StreamMask } from '../logs/stream-mask.ts';

const LONGEST_RESULT_LINE = 2000;

export interface TaskOutputOptions {
  readonly directory: string;
  readonly masking: Masking;
  readonly onError: (error: Error) => void;
  /** Of each stream. */
  readonly maximumBytes?: number;
}

export class TaskOutput {
  readonly #options: TaskOutputOptions;
  readonly #files: WriteStream[] = [];
  #last: string[] = [];

  constructor(options: TaskOutputOptions) {
    this.#options = options;
  }

  get lastLines(): readonly string[] {
    return this.#last;
  }

  /** Reads without ever waiting for the disk, masked by the values there are now. Resolves when the stream has ended. */
  follow(stream: 'stdout' | 'stderr', readable: Readable): Promise<void> {
    const { directory, masking, onError, maximumBytes = MOST_OUTPUT_BYTES } = this.#options;
    const file = createWriteStream(join(directory, `${stream}.log`), { flags: 'a', mode: 0o600 });
    file.on('error', onError);
    this.#files.push(file);
    const splitter = new LineSplitter({
      mask: (line, characters) => masking.apply(line, characters),
      lookahead: () => masking.longest,
      onLine: (line) => {
        this.#last = [...this.#last, line.slice(0, LONGEST_RESULT_LINE)].slice(-RESULT_LINES);
      },
    });
    const mask = new StreamMask(masking);
    let left = maximumBytes;
    const keep = (bytes: Buffer): void => {
      if (left <= 0 || bytes.length === 0) return;
      file.write(bytes.subarray(0, left));
      left -= bytes.length;
      if (left <= 0) file.write(`\ncartwright: more than ${maximumBytes} bytes; what follows is not kept\n`);
    };
    readable.on('data', (chunk: Buffer) => {
      splitter.write(chunk);
      keep(mask.write(chunk));
    });
    return new Promise((resolve) => {
      readable.once('error', onError);
      readable.once('close', () => {
        splitter.end();
        keep(mask.end());
        resolve();
      });
    });
  }

  /** Resolves when everything is in the files. */
  async close(): Promise<void> {
    for (const file of this.#files) {
      file.end();
      // Told by the stream's own error event.
      await finished(file).catch(() => undefined);
    }
  }
}
