import { describe, expect, test } from '@jest/globals';
import type { HostClusterFieldsFragment } from '../generated/operations.ts';
import type { Facts, Health } from './facts.ts';
import { findings, type Finding } from './findings.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const DAY = 86_400_000;

const HEALTH: Health = {
  startedAt: '2026-03-01T11:00:00.000Z',
  checks: ['database', 'lease', 'broker', 'core'].map((name) => ({ name, ok: true, detail: null })),
  broker: { kind: 'EMBEDDED', isConnected: true, problem: null },
  database: { kind: 'SQLITE', queuedWrites: 0 },
  lease: { holder: 'machine-1', fence: 7 },
  disk: { freeBytes: 50e9, totalBytes: 100e9, minimumFreeShare: 0.1, isLow: false },
  droppedLogLines: 0,
  agents: [{ version: '1.2.3', instances: 3 }],
  clocks: { measured: 3, widest: null },
  endingCertificates: [],
};
const WELL: Facts = {
  url: 'http://paas.example',
  ownVersion: '1.2.3',
  caller: { token: '01token', name: 'root', role: 'OPERATOR', tenant: null, application: null },
  platform: { version: '1.2.3', now: '2026-03-01T12:00:00.000Z' },
  ...{ roundTripMilliseconds: 12, skewSeconds: 0.1, uncertaintySeconds: 0.006, now: NOW, freeze: null },
  agents: { programs: HEALTH.agents, clocks: HEALTH.clocks, clusters: 0, isBounded: false },
  certificates: [],
  health: HEALTH,
  hostClusters: [],
};
const HOST_CLUSTER = {
  ...{ name: 'frankfurt', isReadable: true, credentialEndsAt: null, drainingSince: null },
  probe: { state: 'PASSED', at: null, image: null, milliseconds: 1, failures: [] },
  status: { state: 'REACHABLE', version: 'v1.30.1', failure: null },
} as unknown as HostClusterFieldsFragment;

const named = (facts: Partial<Facts>, name: string): Finding | undefined =>
  findings({ ...WELL, ...facts }).find((finding) => finding.name === name);
const ofHealth = (health: Partial<Health>, name: string) => named({ health: { ...HEALTH, ...health } }, name);
const ofHost = (cluster: object) =>
  named({ hostClusters: [{ ...HOST_CLUSTER, ...cluster }] }, 'host cluster frankfurt');

test('where everything is well, each part says so', () => {
  const found = findings({ ...WELL, hostClusters: [HOST_CLUSTER] });
  expect(new Set(found.map(({ state }) => state))).toEqual(new Set(['ok']));
  expect(found.map(({ name }) => name)).toEqual([
    ...['connection', 'versions', 'agents', 'clock', 'clocks of instances', 'freeze', 'certificates'],
    ...['database', 'lease', 'broker', 'core', 'queue of writes', 'disk', 'dropped lines', 'host cluster frankfurt'],
  ]);
});

describe('what is not well is told with what to do about it', () => {
  test.each<[string, Finding | undefined, Finding['state'], RegExp]>([
    [
      'another version',
      named({ ownVersion: '1.2.2' }, 'versions'),
      'warning',
      /^this program is 1.2.2, the control plane 1.2.3$/,
    ],
    ['a control plane of before', named({ platform: null }, 'versions'), 'warning', /older and does not say/],
    [
      'agents of before',
      named(
        {
          agents: {
            ...WELL.agents!,
            programs: [
              { version: '1.2.3', instances: 2 },
              { version: '1.2.2', instances: 1 },
            ],
          },
        },
        'agents',
      ),
      'warning',
      /^1 agent 1.2.2; the control plane is 1.2.3$/,
    ],
    [
      'a clock that is off',
      named({ skewSeconds: 20 }, 'clock'),
      'warning',
      /^the clock of this machine is 20 s behind the/,
    ],
    [
      'a clock that is wrong',
      named({ skewSeconds: -7200 }, 'clock'),
      'failure',
      /120 min ahead of the control plane’s$/,
    ],
    [
      'an instance’s clock',
      named(
        {
          agents: {
            ...WELL.agents!,
            clocks: {
              measured: 2,
              widest: { tenant: 'acme', application: 'shop', alias: 'web', instance: '01i', skewSeconds: -30 },
            },
          },
        },
        'clocks of instances',
      ),
      'warning',
      /^that of shop\/web 01i is 30 s behind/,
    ],
    [
      'a freeze',
      named({ freeze: { reason: 'incident', by: 'ann', since: '2026-03-01T11:00:00Z', expiresAt: null } }, 'freeze'),
      'warning',
      /by ann 1 h ago: incident$/,
    ],
    [
      'a certificate that ends',
      named({ certificates: [{ of: 'shop', name: 'shop.example.org', notAfter: NOW + 3 * DAY }] }, 'certificates'),
      'warning',
      /^shop.example.org of shop ends in 3 d$/,
    ],
    [
      'an authority that has ended',
      named({ certificates: [{ of: null, name: 'CN=x', notAfter: NOW - DAY }] }, 'certificates'),
      'failure',
      /^the broker’s authority CN=x ended 1 d ago$/,
    ],
    [
      'a part that is not there',
      ofHealth({ checks: [{ name: 'broker', ok: false, detail: 'the broker is not reached' }] }, 'broker'),
      'failure',
      /^the broker is not reached$/,
    ],
    [
      'a part of tomorrow',
      ofHealth({ checks: [{ name: 'oracle', ok: false, detail: null }] }, 'oracle'),
      'failure',
      /^it is not there$/,
    ],
    [
      'many writes',
      ofHealth({ database: { kind: 'SQLITE', queuedWrites: 100 } }, 'queue of writes'),
      'warning',
      /^100 writes wait/,
    ],
    [
      'a disk that fills',
      ofHealth({ disk: { ...HEALTH.disk!, freeBytes: 14e9 } }, 'disk'),
      'warning',
      /14 %; 10 % are to be\)$/,
    ],
    [
      'a full disk',
      ofHealth({ disk: { ...HEALTH.disk!, isLow: true } }, 'disk'),
      'failure',
      /give way, scaling goes on$/,
    ],
    ['dropped lines', ofHealth({ droppedLogLines: 3 }, 'dropped lines'), 'warning', /^3 lines/],
    [
      'a host cluster that does not answer',
      ofHost({ status: { state: 'UNREACHABLE', failure: { message: 'no route' } } }),
      'failure',
      /^no route$/,
    ],
    ['a lost key', ofHost({ isReadable: false }), 'failure', /key/],
    ['a credential that ends', ofHost({ credentialEndsAt: '2026-03-03T12:00:00Z' }), 'warning', /ends in 2 d$/],
    ['a credential that has ended', ofHost({ credentialEndsAt: '2026-02-28T12:00:00Z' }), 'failure', /ended 1 d ago$/],
    [
      'a probe that failed',
      ofHost({ probe: { ...HOST_CLUSTER.probe, state: 'FAILED', failures: [{ code: 'PULL', message: 'no image' }] } }),
      'warning',
      /no image \(PULL\)$/,
    ],
  ])('%s', (_what, finding, state, message) => {
    expect(finding).toMatchObject({
      state,
      message: expect.stringMatching(message),
      advice: expect.stringMatching(/./),
    });
  });
});

test('a difference of clocks within what the answer took is none', () => {
  expect(named({ skewSeconds: 20, uncertaintySeconds: 16 }, 'clock')).toMatchObject({ state: 'ok' });
});

test('a disk of which nothing is to be free is well until it is full', () => {
  const disk = { freeBytes: 1, totalBytes: 100, minimumFreeShare: 0, isLow: false };
  expect(ofHealth({ disk }, 'disk')).toMatchObject({ state: 'ok', message: '1 B of 100 B are free (1 %)' });
});

test('who is no operator is told what was left out', () => {
  const caller = { ...WELL.caller, role: 'VIEWER' as const };
  const found = findings({ ...WELL, caller, health: null, hostClusters: null });
  expect(found.at(-1)).toMatchObject({ name: 'platform', state: 'left-out', message: /for operators/ as unknown });
  expect(found.map(({ name }) => name)).not.toContain('database');
  const bounded = { ...WELL.agents!, clusters: 50, isBounded: true };
  expect(named({ agents: bounded, health: null }, 'instances')).toMatchObject({ state: 'left-out' });
});
