import { expect, test } from '@jest/globals';
import { quotaRows, readQuota, type Tenant } from './quotas.ts';

test('only what was filled in is asked for, bytes as numbers', () => {
  expect(readQuota({ instances: '40', memoryBytes: '8Gi', logBytes: '' })).toEqual({
    kind: 'sound',
    quota: { instances: 40, memoryBytes: 8 * 1024 ** 3 },
  });
  expect(readQuota(undefined)).toEqual({ kind: 'sound', quota: {} });
});

test('what the API would refuse is a fault at its field', () => {
  const read = readQuota({ instances: '-1', buildsAtOnce: '0', memoryBytes: 'lots' });
  expect(read.kind === 'faulty' && read.faults.map(({ path }) => path[0])).toEqual([
    'instances',
    'memoryBytes',
    'buildsAtOnce',
  ]);
});

test('what is used is told as a share of what is allowed', () => {
  const none = { used: 0, allowed: 0 };
  const quota: Tenant['quota'] = {
    instances: { used: 5, allowed: 20 },
    applications: { used: 3, allowed: 2 },
    memoryBytes: { used: 1024 ** 3, allowed: 4 * 1024 ** 3 },
    buildsAtOnce: none,
    logBytes: { used: 1, allowed: 0 },
  };
  expect(quotaRows(quota).map(({ text, share }) => [text, share])).toEqual([
    ['5 of 20', 0.25],
    ['3 of 2', 1],
    ['1 GiB of 4 GiB', 0.25],
    ['0 of 0', 0],
    ['1 B of 0 B', 1],
  ]);
});
