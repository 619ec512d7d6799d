/** What an earlier run of the agent had taken from the application into its own files, and not sent. */
import { open, type FileHandle } from 'node:fs/promises';
import { FileTail, fileOf, START, type LineSink } from './file-tail.ts';
import type { Position } from './positions.ts';

export class LeftOver {
  #tails: FileTail[];

  private constructor(tails: FileTail[]) {
    this.#tails = tails;
  }

  /**
   * Opens what is left of a log that the agent itself writes and rotates (`PATH.1`, then `PATH`), behind the position. To be
   * called before anything is written to it: what comes later is not left over.
   */
  static async open(path: string, position: Position, sink: LineSink): Promise<LeftOver> {
    const tails: FileTail[] = [];
    for (const name of [`${path}.1`, path]) {
      const handle = await openIfThere(name);
      if (handle === undefined) continue;
      const { size } = await handle.stat();
      const isIt = (await fileOf(handle)) === position.file;
      if (isIt || tails.length > 0) {
        const from = isIt ? position : START;
        tails.push(await FileTail.of(handle, sink, { from, to: size }));
      } else await handle.close();
    }
    return new LeftOver(tails);
  }

  async poll(): Promise<void> {
    for (let tail = this.#tails[0]; tail !== undefined; tail = this.#tails[0]) {
      if (!(await tail.read(Infinity))) return;
      this.#tails.shift();
      await tail.close(true);
    }
  }

  async close(): Promise<void> {
    for (const tail of this.#tails.splice(0)) await tail.close(false);
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
