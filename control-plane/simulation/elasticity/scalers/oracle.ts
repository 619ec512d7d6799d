/**
 * Who knows the future: as many as will be required at any time within the time that a start takes, so that each replica is ready when it is
 * needed and not before. Nobody can do better without being short; it is what the others' cost is measured by.
 */
import type { Scaler } from './scaler.ts';

/**
 * @param required for each second of the run
 * @param startSeconds the longest that a start takes
 */
export function oracle(required: Int32Array, startSeconds: number): Scaler {
  const ahead = foreseen(required, startSeconds);
  return { name: 'oracle', decide: (now) => ahead[Math.min(now, ahead.length - 1)]! };
}

/** What it costs where every start succeeds: it is the same number that starts and serves, whenever a start ends. */
export function oracleReplicaHours(required: Int32Array, startSeconds: number): number {
  const ahead = foreseen(required, startSeconds);
  // Nobody was asked before the first second.
  let replicaSeconds = required[0]!;
  for (let second = 1; second < ahead.length; second += 1) replicaSeconds += ahead[second]!;
  return replicaSeconds / 3600;
}

function foreseen(required: Int32Array, startSeconds: number): Int32Array {
  return largestAhead(required, Math.ceil(startSeconds) + 1);
}

/** The largest of each value and those `seconds` − 1 after it; by a queue of falling values, in one pass. */
export function largestAhead(values: Int32Array, seconds: number): Int32Array {
  const largest = new Int32Array(values.length);
  /** Indices whose values fall, the first the largest of those in reach. */
  const queue = new Int32Array(values.length);
  let [head, tail] = [values.length, values.length];
  for (let index = values.length - 1; index >= 0; index -= 1) {
    // Filled from the end: the newest is at `head`, the farthest at `tail` − 1.
    while (head < tail && values[queue[head]!]! <= values[index]!) head += 1;
    head -= 1;
    queue[head] = index;
    while (queue[tail - 1]! >= index + seconds) tail -= 1;
    largest[index] = values[queue[tail - 1]!]!;
  }
  return largest;
}
