import { expect, test } from '@jest/globals';
import { eventLine } from './events.ts';

const AT = '2026-03-01T12:00:00.000Z';
const UID = '01jq8z4c3v5n7m9k2h6f1d0a1b';

test.each<[type: string, kind: string, name: string, data: object, line: string]>([
  [
    ...([
      'instance.faulty',
      'Instance',
      'shop/web',
      { from: 'active', reason: { code: 'exited', message: 'it exited' } },
    ] as const),
    'instance shop/web/0a1b2c  instance.faulty: it exited'.replace('0a1b2c', UID.slice(-6)),
  ],
  ['task.created', 'Task', 'shop/web', { by: 'ann' }, `task shop/web/${UID.slice(-6)}  task.created: by ann`],
  ['release.created', 'Release', 'v3', { cluster: 'acme/shop/web' }, 'release v3 of shop/web  release.created'],
  [
    'platform.frozen',
    'Platform',
    'platform',
    { reason: 'a trial', by: 'op' },
    'platform  platform.frozen: a trial (by op)',
  ],
  [
    ...([
      'metadata.changed',
      'Application',
      'shop',
      { by: 'ann', generation: 2, set: ['a'], removed: [], why: null },
    ] as const),
    'application shop  metadata.changed: generation 2, set ["a"], removed [] (by ann)',
  ],
  [
    ...(['cluster.override-set', 'ServiceCluster', 'shop/web'] as const),
    { by: 'ann', override: { kind: 'pin', instances: 3, reason: 'sale', by: 'ann', createdAt: 1, expiresAt: 2 } },
    'service cluster shop/web  cluster.override-set: kind pin, instances 3, reason sale (by ann)',
  ],
  [
    ...(['cluster.resumed', 'ServiceCluster', 'shop/web', { by: 'ann', paused: null }] as const),
    'service cluster shop/web  cluster.resumed: by ann',
  ],
  // Uids are for programs.
  [
    'rollout.started',
    'ServiceCluster',
    'shop/web',
    { rollout: UID, from: null },
    'service cluster shop/web  rollout.started',
  ],
  // Nothing steers the terminal.
  ['disk.low', 'Disk', 'a\u001b[2J\nb', { message: 'c\u202ed' }, 'disk a\\x1b[2J\\x0ab  disk.low: c\\u202ed'],
])('%s of %s is one line', (type, kind, name, data, line) => {
  expect(eventLine({ at: AT, type, subject: { kind, uid: UID, name }, data })).toBe(`${AT}  ${line}`);
});

test('data that is no object adds nothing', () => {
  const subject = { kind: 'Tenant', uid: UID, name: 'acme' };
  expect(eventLine({ at: AT, type: 'tenant.created', subject, data: null })).toBe(`${AT}  tenant acme  tenant.created`);
});
