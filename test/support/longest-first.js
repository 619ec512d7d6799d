/**
 * The order of test files. Jest begins with what took longest the last time; where it has never run it goes by the size of files,
 * and those that start whole platforms are among the smallest: they would be left for the end, one worker waiting for the other.
 */
import TestSequencer from '@jest/test-sequencer';

/** Folders whose files take longest, in this order; everything else comes after them. */
const LONG = ['/test/integration/', '/test/compatibility/', '/test/crash/', '/agent/'];

export default class LongestFirst extends TestSequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    if (sorted.some(({ duration }) => duration !== undefined)) return sorted;
    return sorted.toSorted((one, other) => place(one.path) - place(other.path));
  }
}

function place(path) {
  const found = LONG.findIndex((folder) => path.includes(folder));
  return found === -1 ? LONG.length : found;
}
