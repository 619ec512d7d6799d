/** The machine's own time. Its timers keep the program running until they are cancelled. */
import type { Clock } from '../../app/ports/clock.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(task, milliseconds) {
    const timer = setTimeout(task, milliseconds);
    return { cancel: () => clearTimeout(timer) };
  },
  setInterval(task, milliseconds) {
    const timer = setInterval(task, milliseconds);
    return { cancel: () => clearInterval(timer) };
  },
};
