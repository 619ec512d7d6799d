import { expect, test } from '@jest/globals';
import { pathText } from '../../components/json-difference.ts';
import type { ReleasesClusterSubscription } from '../../generated/operations.ts';
import { rowsOf, SECRET, type Release, type ReleaseDifference } from './compare.ts';
import { rollbackTo } from './rollback.ts';

const release = (number: number, changed: Partial<Release> = {}): Release => ({
  uid: `r${number}`,
  number,
  state: 'SUPERSEDED',
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: 'ann',
  artifact: `sha256-${number}`,
  configurationDigest: '',
  cartridge: { name: 'nodejs', version: '1.0.0', image: null },
  source: null,
  restartOf: null,
  build: null,
  ...changed,
});
const git = (commit: string, message: string): Release['source'] => ({
  uid: commit,
  createdAt: '',
  origin: {
    __typename: 'GitOrigin',
    url: 'https://git.example.org/a.git',
    ref: 'main',
    commit,
    author: 'ann',
    message,
  },
});
const NONE: ReleaseDifference = {
  source: null,
  artifact: null,
  cartridge: null,
  variables: [],
  secrets: [],
  parts: [],
};

test('all that is another in a release has its row, in the order in which people ask', () => {
  const found = rowsOf({
    source: { before: git('a'.repeat(40), 'First\n\nmore'), after: git('b'.repeat(40), 'Second') },
    artifact: { before: 'sha256-1', after: 'sha256-2' },
    cartridge: {
      before: { name: 'nodejs', version: '1.0.0', image: null },
      after: { name: 'nodejs', version: '1.1.0', image: null },
    },
    variables: [
      { name: 'A', before: '1', after: '2', change: 'CHANGED' },
      { name: 'B', before: null, after: 'x', change: 'ADDED' },
      { name: 'C', before: 'plain', after: null, change: 'REMOVED' },
    ],
    secrets: [{ name: 'TOKEN', before: null, after: 3 }],
    parts: [
      { part: 'start', before: null, after: ['node', 'a.js'] },
      { part: 'autoscaling', before: { minimum: 1, maximum: 4 }, after: { minimum: 2, maximum: 4 } },
    ],
  });
  expect(found.map(({ path, before, after }) => [pathText(path), before, after])).toEqual([
    ['commit', 'aaaaaaaaaa First', 'bbbbbbbbbb Second'],
    ['artifact', 'sha256-1', 'sha256-2'],
    ['cartridge', 'nodejs 1.0.0', 'nodejs 1.1.0'],
    ['environment.A', '1', '2'],
    ['environment.B', undefined, 'x'],
    ['environment.C', 'plain', undefined],
    ['secret TOKEN', undefined, 'version 3'],
    ['start', undefined, ['node', 'a.js']],
    ['autoscaling.minimum', 1, 2],
  ]);
});

test('a variable that is a secret in one of them has no value', () => {
  const found = rowsOf({
    ...NONE,
    variables: [{ name: 'TOKEN', before: null, after: null, change: 'CHANGED' }],
    secrets: [{ name: 'TOKEN', before: 1, after: 2 }],
  });
  expect(found).toEqual([
    { path: ['environment.TOKEN'], before: SECRET, after: SECRET },
    { path: ['secret TOKEN'], before: 'version 1', after: 'version 2' },
  ]);
});

test('releases of the same content have no difference', () => {
  expect(rowsOf(NONE)).toEqual([]);
});

type Snapshot = ReleasesClusterSubscription['serviceCluster'];
const snapshot = (stable: number | null, rollout: Snapshot['rollout'] = null): Snapshot => ({
  serviceCluster: {
    uid: 'c',
    gitSource: null,
    blocked: null,
    stableRelease: stable === null ? null : { uid: `r${stable}`, number: stable },
    candidateRelease: null,
  },
  rollout,
  instances: [],
});
const rollout = (from: number, to: number): NonNullable<Snapshot['rollout']> => ({
  uid: 'o',
  state: 'RUNNING',
  createdAt: '',
  finishedAt: null,
  reason: null,
  fromRelease: { uid: `r${from}`, number: from },
  toRelease: { uid: `r${to}`, number: to, build: null },
  instanceUids: [],
});

test('a rollback says what it leaves, and what has to end first', () => {
  expect(rollbackTo(release(1), snapshot(3))).toEqual({ kind: 'possible', from: 3, first: '' });
  expect(rollbackTo(release(3), snapshot(3))).toEqual({ kind: 'runs-already' });
  expect(rollbackTo(release(4), snapshot(3, rollout(3, 4)))).toEqual({ kind: 'runs-already' });
  expect(rollbackTo(release(3), snapshot(3, rollout(3, 4)))).toEqual({
    kind: 'possible',
    from: 4,
    first: 'The roll-out of release 4 that is under way is taken back.',
  });
  expect(rollbackTo(release(2), snapshot(3, rollout(3, 4)))).toMatchObject({
    from: 3,
    first: expect.stringContaining('first'),
  });
});
