import { expect, test } from '@jest/globals';
import { parseStats } from '../../schema/mqtt/stats.ts';
import { Reports } from './reports.ts';

test('the time of day is told with all samples', () => {
  const sent: Buffer[] = [];
  const reports = new Reports({
    session: 's1',
    publisher: {
      isConnected: true,
      backlogBytes: 0,
      publish: async (_leaf, payload) => void sent.push(payload),
    },
    logs: { take: () => undefined },
    log: () => undefined,
  });
  const before = Date.now();
  for (const load of [10, 50, 90])
    reports.sampled({ sequence: load, at: performance.now(), gauges: { loadAverage: load }, counters: {} });
  const clocks = sent.map((payload) => {
    const parsed = parseStats(payload);
    return parsed.ok ? parsed.value.clock : parsed.problem;
  });
  expect(clocks).toHaveLength(3);
  for (const clock of clocks) {
    expect(clock).toBeGreaterThanOrEqual(before);
    expect(clock).toBeLessThanOrEqual(Date.now());
  }
});
