import { expect, test } from '@jest/globals';
import { pathText } from '../../components/json-difference.ts';
import type { ReleasesClusterSubscription } from '../../generated/operations.ts';
import { compareReleases, type Release } from './compare.ts';
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

test('commit, artifact, cartridge and configuration are compared', () => {
  const from = release(1, {
    source: git('a'.repeat(40), 'First\n\nmore'),
    cartridge: { name: 'nodejs', version: '1.0.0', image: null },
  });
  const to = release(2, {
    source: git('b'.repeat(40), 'Second'),
    cartridge: { name: 'nodejs', version: '1.1.0', image: null },
  });
  const found = compareReleases(from, to, {
    from: { v: 1, release: 'r1', environment: { A: '1' }, cartridge: { digest: 'x' } },
    to: { v: 2, release: 'r2', environment: { A: '2' }, cartridge: { digest: 'y' } },
  });
  expect(found.map(({ path, before, after }) => [pathText(path), before, after])).toEqual([
    ['commit', 'aaaaaaaaaa First', 'bbbbbbbbbb Second'],
    ['artifact', 'sha256-1', 'sha256-2'],
    ['cartridge', 'nodejs 1.0.0', 'nodejs 1.1.0'],
    ['environment.A', '1', '2'],
  ]);
});

test('releases of the same content have no difference', () => {
  expect(compareReleases(release(1), release(2, { artifact: 'sha256-1' }), { from: {}, to: {} })).toEqual([]);
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
