/**
 * A log file of bounded size with one older file beside it (`NAME` and `NAME.1`). Writers never wait: what a slow disk does
 * not take within the buffer is dropped and counted.
 */
import { open, rename, type FileHandle } from 'node:fs/promises';
import { fileOf } from './file-tail.ts';

const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** A file on the disk and where its bytes stand among all that were written. */
interface Part {
  /** Device and inode. */
  readonly file: string;
  readonly start: number;
}

export class RotatingFile {
  readonly #path: string;
  readonly #maximumBytes: number;
  readonly #onError: (error: Error) => void;
  #file: FileHandle | undefined;
  #size = 0;
  #buffered: Buffer[] = [];
  #bufferedBytes = 0;
  #droppedBytes = 0;
  #acceptedBytes = 0;
  /** The newest last, and the one before it. */
  #parts: Part[] = [];
  #writing: Promise<void> | undefined;

  constructor(path: string, maximumBytes: number, onError: (error: Error) => void) {
    this.#path = path;
    this.#maximumBytes = maximumBytes;
    this.#onError = onError;
  }

  /** Bytes that never reached the file. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /** Bytes that were taken so far, in this run. */
  get acceptedBytes(): number {
    return this.#acceptedBytes;
  }

  write(chunk: Buffer): void {
    if (this.#bufferedBytes + chunk.length > MAX_BUFFERED_BYTES) {
      this.#droppedBytes += chunk.length;
      return;
    }
    this.#buffered.push(chunk);
    this.#bufferedBytes += chunk.length;
    this.#acceptedBytes += chunk.length;
    this.#writing ??= this.#drain();
  }

  /** Where so many of the accepted bytes end on the disk; `undefined` while nothing was written. */
  locate(acceptedBytes: number): { readonly file: string; readonly offset: number } | undefined {
    const part = this.#parts.findLast(({ start }) => start < acceptedBytes) ?? this.#parts[0];
    return part && { file: part.file, offset: Math.max(0, acceptedBytes - part.start) };
  }

  async #drain(): Promise<void> {
    while (this.#buffered.length > 0) {
      const chunk = Buffer.concat(this.#buffered);
      this.#buffered = [];
      try {
        const file = await this.#ready(this.#acceptedBytes - this.#bufferedBytes);
        await file.write(chunk);
        this.#size += chunk.length;
      } catch (error) {
        this.#droppedBytes += chunk.length;
        this.#onError(error as Error);
      } finally {
        this.#bufferedBytes -= chunk.length;
      }
    }
    // Here and not in a later microtask: a write in between would wait for the next one.
    this.#writing = undefined;
  }

  /** @param written accepted bytes before what is written next */
  async #ready(written: number): Promise<FileHandle> {
    if (this.#file && this.#size >= this.#maximumBytes) {
      await this.#file.close();
      this.#file = undefined;
      await rename(this.#path, `${this.#path}.1`);
    }
    if (!this.#file) {
      this.#file = await open(this.#path, 'a', 0o600);
      this.#size = (await this.#file.stat()).size;
      this.#parts = [...this.#parts.slice(-1), { file: await fileOf(this.#file), start: written - this.#size }];
    }
    return this.#file;
  }

  /** Resolves when all that was written is in the file. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#file?.close();
    this.#file = undefined;
  }
}
