/** The time within which an operation has to be answered. */
import { CartwrightError } from '../app/errors.ts';

/** Code: TIMED_OUT. */
export class OperationTimedOut extends CartwrightError {}

/** Starts to count when it is made; `close` it when the operation has been answered. */
export class Deadline {
  #timer: NodeJS.Timeout | undefined;
  /** Settles only when the time is over, with the error. */
  readonly #passed: Promise<OperationTimedOut>;

  constructor(milliseconds: number) {
    this.#passed = new Promise((resolve) => {
      this.#timer = setTimeout(() => resolve(timedOut(milliseconds)), milliseconds);
    });
  }

  /** The value of `work`, or an `OperationTimedOut` when the time is over first. The work itself is not stopped. */
  async within<T>(work: Promise<T>): Promise<T> {
    const result = await Promise.race([work, this.#passed]);
    if (result instanceof OperationTimedOut) throw result;
    return result;
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

function timedOut(milliseconds: number): OperationTimedOut {
  return new OperationTimedOut(
    'TIMED_OUT',
    `the operation took longer than ${milliseconds / 1000} s and was given up; ask for less at once. ` +
      'A mutation may still take effect: ask again with the same idempotencyKey to learn its result',
  );
}
