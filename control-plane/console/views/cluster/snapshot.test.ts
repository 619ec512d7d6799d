import { expect, test } from '@jest/globals';
import { healthOf, sampleOf, sourceOf, type Snapshot } from './snapshot.ts';

const forecast = {
  ...{ level: 3, slope: 0, slopeStandardError: 0, acceleration: 0, accelerationStandardError: 0 },
  ...{ accelerationSignificant: false, predicted: 4, error: 1, horizonSeconds: 20, forecasters: null },
};

function snapshot(
  live: Partial<Snapshot['live']>,
  deletingSince: string | null = null,
  stopped: Snapshot['serviceCluster']['stopped'] = null,
): Snapshot {
  return {
    serviceCluster: { deletingSince, stopped, createdAt: '2026-11-01T00:00:00Z' },
    live: {
      ...{ at: '2026-11-30T10:00:00.500Z', wanted: 2, active: 2, starting: 0, faulty: 0 },
      ...{ throughputPerSecond: null, throttledPerSecond: null, queued: 0, horizonSeconds: 30 },
      factors: [
        { name: 'requestsInFlight', target: 7, base: 0, observed: 3, forecast },
        { name: 'loadAverage', target: 70, base: 5, observed: null, forecast: null },
      ],
      ...live,
    },
  } as unknown as Snapshot;
}

test('a snapshot is a live sample by the names that the history has', () => {
  expect(sampleOf(snapshot({}))).toEqual({
    at: Date.parse('2026-11-30T10:00:00.500Z') / 1_000,
    values: {
      requestsInFlight: 3,
      loadAverage: null,
      'instances.active': 2,
      'instances.starting': 0,
      'instances.wanted': 2,
    },
  });
});

test('the chart is told of the chosen factor', () => {
  expect(sourceOf(snapshot({}), 'requestsInFlight')).toMatchObject({
    target: 7,
    horizonSeconds: 20,
    forecast,
    wanted: 2,
  });
  expect(sourceOf(snapshot({}), 'loadAverage')).toMatchObject({
    target: 70,
    base: 5,
    horizonSeconds: 30,
    forecast: null,
  });
  expect(sourceOf(snapshot({}), 'other')).toMatchObject({ target: null });
});

test.each([
  ['as many ready as wanted', {}, 'good', '2 ready'],
  ['fewer', { active: 1, starting: 1 }, 'warning', '1 of 2 ready'],
  ['none yet', { active: 0, starting: 1 }, 'warning', 'starting'],
  ['none at all', { active: 0 }, 'bad', 'none ready'],
  ['none wanted', { active: 0, wanted: 0 }, 'good', 'idle, none wanted'],
  ['a broken one', { faulty: 1 }, 'bad', '1 faulty'],
] as const)('with %s it says so', (_, live, tone, text) => {
  expect(healthOf(snapshot(live))).toEqual({ tone, text });
});

test('what is being deleted says that first', () => {
  expect(healthOf(snapshot({ faulty: 1 }, '2026-11-30T10:00:00Z')).text).toBe('being deleted');
  const stopped = { reason: 'the database moves', by: 'ann', since: '2026-11-30T10:00:00Z' };
  expect(healthOf(snapshot({ active: 0, wanted: 0 }, null, stopped)).text).toBe('stopped');
});
