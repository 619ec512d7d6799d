/** Demand of the past: read back for a backtest as it was recorded, across tiers and blocks. */
import { describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { recordedReader } from '../../../../app/backtests/read-recorded.ts';
import { Fleet } from '../../../../app/fleet/fleet.ts';
import { HistoryRecorder } from '../../../../app/history/recorder.ts';
import { HistoryStore } from '../../../../app/history/store.ts';
import { CLOCK, clusterOf } from '../../../../app/testing/records.ts';
import { recordPast } from '../../../../app/testing/recorded-demand.ts';
import { coverageOf } from '../../../../domain/backtests/recorded-demand.ts';
import { TIERS } from '../../../../domain/history/tiers.ts';
import type { Given } from './given.ts';

const DAY = 86_400_000;

export function historyContract(given: Given): void {
  describe('recorded demand', () => {
    const web = clusterOf('web');
    const read = (from: number, to: number) => {
      const store = new HistoryStore(given.store.history);
      const clock = { ...CLOCK, now: () => given.time };
      const recorder = new HistoryRecorder({ fleet: new Fleet(), store, logger: pino({ level: 'silent' }), clock });
      const readRecorded = recordedReader({ store, recorder, pause: async () => undefined });
      return readRecorded(web, { from, to, now: given.time });
    };
    /** Whole numbers are kept exactly. */
    const demand = (second: number): number => Math.floor(second / 60) % 100;
    const past = { demand, serviceSeconds: 0.25, active: 2 };

    test('of sixteen days is read in steps of a minute and of 10 s, each at its time', async () => {
      const [from, to] = [given.time - 16 * DAY, given.time];
      await recordPast(given.store.history, web, { ...past, tier: TIERS[2]!, from, to });
      await recordPast(given.store.history, web, { ...past, from: to - 14 * DAY, to });
      const parts = await read(from, to);
      expect(parts.map(({ stepSeconds }) => stepSeconds)).toEqual([60, 10]);
      for (const part of parts) {
        const wrong = [...part.demand.entries()].filter(
          ([step, value]) => value !== demand(part.from + step * part.stepSeconds),
        );
        expect(wrong).toEqual([]);
        expect(part.demand.length).toBe(part.active.length);
      }
      const { seconds, coveredSeconds, serviceSeconds } = coverageOf(parts);
      expect([seconds, coveredSeconds]).toEqual([16 * 86_400 - 10, 16 * 86_400 - 10]);
      expect(serviceSeconds).toBeCloseTo(0.25, 3);
    });

    test('has holes where nothing was recorded, and is nobody else’s', async () => {
      const [from, to] = [given.time - DAY, given.time - DAY / 2];
      await recordPast(given.store.history, clusterOf('jobs'), { ...past, from, to: given.time });
      expect(coverageOf(await read(from, given.time)).coveredSeconds).toBe(0);
      await recordPast(given.store.history, web, { ...past, from, to });
      expect(coverageOf(await read(from, given.time)).coveredSeconds).toBe(43_200);
    });
  });
}
