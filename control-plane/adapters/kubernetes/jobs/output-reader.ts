/** The output of a build as lines, from files that grow. */
import { PassThrough } from 'node:stream';
import type { TaskOutput, TaskOutputPlace } from '../../../app/ports/tasks.ts';
import type { Output } from '../../builder/output.ts';

export class OutputReader {
  readonly #read: (from: TaskOutputPlace) => Promise<TaskOutput>;
  readonly #output: Output;
  readonly #place = { stdout: 0, stderr: 0 };
  readonly #streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  readonly #attached: Promise<unknown>;

  constructor(read: (from: TaskOutputPlace) => Promise<TaskOutput>, output: Output) {
    this.#read = read;
    this.#output = output;
    this.#attached = Promise.all(Object.values(this.#streams).map((stream) => output.attach(stream)));
  }

  /** Everything that is there now. Answers whether there was anything. */
  async read(): Promise<boolean> {
    for (let isNews = false; ; isNews = true) {
      const found = await this.#read(this.#place);
      if (found.stdout.length + found.stderr.length === 0) return isNews;
      for (const stream of ['stdout', 'stderr'] as const) {
        this.#place[stream] += found[stream].length;
        if (found[stream].length > 0) this.#streams[stream].write(found[stream]);
      }
    }
  }

  /** The rest, and the line that has no end. */
  async finish(): Promise<void> {
    await this.read();
    for (const stream of Object.values(this.#streams)) stream.end();
    await this.#attached;
    this.#output.finish();
  }
}
