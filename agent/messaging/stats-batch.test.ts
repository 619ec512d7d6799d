import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encode } from '../../schema/mqtt/payload.ts';
import { parseStats } from '../../schema/mqtt/stats.ts';
import type { Sample } from '../telemetry/sample.ts';
import { columnsOf, StatsBatch } from './stats-batch.ts';

function sample(second: number, loadAverage = 10, memory = 50): Sample {
  return {
    sequence: second,
    at: second * 1000,
    gauges: { loadAverage, memory, memoryBytes: memory * 1e6 },
    counters: { cpuSeconds: second, memoryByteSeconds: second },
  };
}

describe('a batch of samples', () => {
  const sequencesOf = (
    batch: StatsBatch,
    samples: readonly Sample[],
    connected: (second: number) => boolean = () => true,
  ) => samples.map((one) => batch.offer(one, connected(one.sequence)).map(({ sequence }) => sequence));

  test('is sent at once when it moves, otherwise after the report interval', () => {
    const batch = new StatsBatch();
    batch.setReportInterval(3);
    expect(
      sequencesOf(batch, [
        sample(1),
        sample(2),
        sample(3),
        sample(4),
        sample(5, 80),
        sample(6, 82),
        sample(7, 82),
        sample(8, 82),
      ]),
    ).toEqual([[1], [], [], [2, 3, 4], [5], [], [], [6, 7, 8]]);
  });

  test('never waits longer than five seconds, whatever was asked for', () => {
    const batch = new StatsBatch();
    batch.setReportInterval(60);
    const sent = sequencesOf(
      batch,
      Array.from({ length: 6 }, (_, index) => sample(index + 1)),
    );
    expect(sent).toEqual([[1], [], [], [], [], [2, 3, 4, 5, 6]]);
  });

  test('slow drift is news once it has added up', () => {
    const batch = new StatsBatch();
    const drifting = [10, 12, 14, 16].map((load, index) => sample(index + 1, load));
    expect(sequencesOf(batch, drifting)).toEqual([[1], [], [], [2, 3, 4]]);
  });

  test('after a time without a broker only the last seconds are sent, and the rest is counted', () => {
    const batch = new StatsBatch();
    const seconds = Array.from({ length: 40 }, (_, index) => sample(index + 1));
    const sent = sequencesOf(batch, seconds, (second) => second === 1 || second >= 40);
    expect(sent.flat()).toEqual([1, 35, 36, 37, 38, 39, 40]);
    expect(batch.dropped).toBe(33);
  });

  test('whatever comes in, what goes out is accepted by the contract’s parser', () => {
    const gauge = fc.double({ min: 0, max: 1e9, noNaN: true });
    const samples = fc.array(fc.tuple(gauge, gauge, fc.boolean()), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(samples, (values) => {
        const batch = new StatsBatch();
        values.forEach(([load, memory, connected], index) => {
          const out = batch.offer(sample(index + 1, load, memory), connected);
          if (out.length === 0) return;
          const parsed = parseStats(encode(columnsOf('session-1', out, { now: (index + 1) * 1000, clock: index })));
          expect(parsed).toMatchObject({ ok: true });
        });
      }),
    );
  });

  test('ages are counted from now', () => {
    expect(columnsOf('s', [sample(1), sample(2)], { now: 2040 }).ageMilliseconds).toEqual([1040, 40]);
  });
});
