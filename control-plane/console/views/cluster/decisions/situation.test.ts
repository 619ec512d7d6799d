import { describe, expect, test } from '@jest/globals';
import { situationRows, type Situation } from './situation.ts';

const SITUATION: Situation = {
  ...{ active: 3, starting: 1, failedStarting: 0, unreachable: 0, minimum: 1, maximum: 8, quota: 20, room: null },
  ...{ horizonSeconds: 12.5, sampleAgeSeconds: 0.8, windowsFull: true, queued: 0 },
  ...{ arrivalsPerSecond: 41.5, throughputPerSecond: 40, errorShare: 0.0125 },
  ...{ paused: false, frozen: false, shadow: false, silenced: false },
};
const REQUESTS = { factor: 'requestsInFlight', perInstance: 5.6, forecast: { level: 12.3 } as never };
const rowsOf = (situation: Partial<Situation> = {}, proposals = [REQUESTS]) =>
  Object.fromEntries(
    situationRows({ ...SITUATION, ...situation }, proposals).map(({ what, value, isUnknown }) => [
      what,
      isUnknown ? `? ${value}` : value,
    ]),
  );

describe('what a decider saw', () => {
  test('is told in the units of each figure', () => {
    expect(rowsOf()).toEqual({
      'Age of the newest sample': '0.8 s',
      'Windows of demand': 'full',
      'Looked ahead': '12.5 s',
      'Requests in flight': '12.3, against 16.8 that 3 instances carry',
      'Requests that came': '41.5/s',
      'Requests answered without an error': '40/s',
      'Requests that failed': '1.25 %',
      'Requests that were queued': '0',
      Instances: '3 active, 1 starting',
      'Bounds of the policy': '1 to 8',
      'Allowed by the quota': '20',
      'Room in the partitions': 'any number',
      'Held by': 'nothing',
    });
    const load = { factor: 'loadAverage', perInstance: 70, forecast: { level: 95 } as never };
    expect(rowsOf({ active: 1 }, [load])).toMatchObject({
      'Load average': '95 %, against 70 % that 1 instance carries',
    });
  });

  test('is told apart from what it did not know', () => {
    const unknown = { sampleAgeSeconds: null, arrivalsPerSecond: null, throughputPerSecond: null, errorShare: null };
    expect(rowsOf(unknown, [{ ...REQUESTS, forecast: null as never }])).toMatchObject({
      'Age of the newest sample': '? not known: none had come',
      'Requests in flight': '? not known: too few values',
      'Requests that came': '? not known: no load balancer reported',
      'Requests that failed': '? not known: no load balancer reported',
    });
  });

  test('names every instance that does not serve, and all that held it', () => {
    expect(rowsOf({ failedStarting: 2, unreachable: 1, paused: true, silenced: true })).toMatchObject({
      Instances: '3 active, 1 starting, 2 failed to start, 1 unreachable',
      'Held by': 'a pause, many instances that fell silent at once',
    });
  });
});
