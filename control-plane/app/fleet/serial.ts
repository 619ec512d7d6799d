/** Runs tasks one after another, in the order of asking. One for each service cluster: nothing waits for another's work. */
export class Serial {
  #tail: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task);
    // The caller gets the rejection; the queue itself goes on.
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
