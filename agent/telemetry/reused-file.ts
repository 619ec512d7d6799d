/**
 * A file of the kernel that is opened once and read again from its beginning: two system calls fewer a reading, which is
 * most of what a sample costs.
 */
import { closeSync, openSync, readSync } from 'node:fs';

const buffer = Buffer.allocUnsafe(32 * 1024);

export class ReusedFile {
  readonly #path: string;
  #descriptor: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** At most 32 KiB of text; `undefined` when what it tells about has ended or may not be read. */
  read(): string | undefined {
    try {
      this.#descriptor ??= openSync(this.#path, 'r');
      const length = readSync(this.#descriptor, buffer, 0, buffer.length, 0);
      return buffer.toString('latin1', 0, length);
    } catch (error) {
      this.close();
      if (isVanished(error)) return undefined;
      throw error;
    }
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    closeSync(descriptor);
  }
}

/** Whether an error says that a process or file is gone (ESRCH while it ends) or is somebody else's. */
export function isVanished(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM' || code === 'ENOTDIR';
}
