import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { FILE_KINDS, RECORD_KINDS, type OnDisk, type Records } from './holdings.ts';
import { GRACE_MILLISECONDS, planCollection, type CollectionPlan } from './plan-collection.ts';

const NOW = 1_800_000_000_000;
const HOUR = 3600_000;
const cacheBounds = { component: 1e9, total: 1e9 };
const LIMITS = { now: NOW, maximumArchiveBytes: 1e9, cacheBounds };
const NOTHING: Records = {
  clusters: [],
  releases: [],
  rollouts: [],
  builds: [],
  sources: [],
  uploads: [],
  artifacts: [],
  cartridges: [],
  running: [],
};
const EMPTY: OnDisk = { archives: [], logs: [], caches: [], mirrors: [] };
const thing = (name: string, modifiedAt = NOW - HOUR, bytes = 100) => ({ name, bytes, modifiedAt });
const uid = (kind: string, number: number) => `${kind}${String(number).padStart(3, '0')}`;

/** What is left when a plan is carried out. */
function after(records: Records, disk: OnDisk, plan: CollectionPlan): [Records, OnDisk] {
  const without = <T>(all: readonly T[], gone: readonly T[]): T[] => all.filter((one) => !gone.includes(one));
  const left = Object.fromEntries(
    RECORD_KINDS.map((kind) => [kind, without<{ uid: string }>(records[kind], plan.records[kind])]),
  );
  const files = Object.fromEntries(FILE_KINDS.map((kind) => [kind, without(disk[kind], plan.files[kind])]));
  return [{ ...records, ...left }, files as unknown as OnDisk];
}

/** That many deployments of one service cluster by uploads, all long ago; the last one runs. */
function deployments(count: number, cluster = 'c'): { records: Records; disk: OnDisk } {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const at = (number: number) => NOW - (count - number + 2) * 24 * HOUR;
  const named = (kind: string, number: number) => `${cluster}-${uid(kind, number)}`;
  return {
    records: {
      ...NOTHING,
      clusters: [{ uid: cluster, stableRelease: named('r', count), candidateRelease: null }],
      releases: numbers.map((number) => ({
        uid: named('r', number),
        cluster,
        number,
        createdAt: at(number),
        artifact: named('a', number),
        cartridge: {},
        source: named('s', number),
        build: named('b', number),
        state: number === count ? 'stable' : 'superseded',
      })),
      builds: numbers.map((number) => ({
        uid: named('b', number),
        cluster,
        source: named('s', number),
        createdAt: at(number),
        startedAt: at(number),
        finishedAt: at(number) + 1000,
      })),
      sources: numbers.map((number) => ({
        uid: named('s', number),
        tenant: 'acme',
        cluster,
        createdAt: at(number),
        from: { upload: named('u', number) },
      })),
      uploads: numbers.map((number) => ({
        uid: named('p', number),
        tenant: 'acme',
        digest: named('u', number),
        createdAt: at(number) - 1000,
      })),
      artifacts: numbers.map((number) => ({ uid: named('a', number), createdAt: at(number) })),
    },
    disk: {
      archives: numbers.flatMap((number) => [thing(named('a', number)), thing(named('u', number))]),
      logs: numbers.map((number) => thing(named('b', number))),
      caches: [thing(cluster)],
      mirrors: [],
    },
  };
}

const uids = (things: readonly { uid: string }[]) => things.map((one) => one.uid);
const names = (things: readonly { name: string }[]) => things.map(({ name }) => name);

test('ten releases are kept with what they were made of, and what is older goes with all that belonged to it', () => {
  const { records, disk } = deployments(12);
  const plan = planCollection(records, disk, LIMITS);
  expect(uids(plan.records.releases)).toEqual(['c-r001', 'c-r002']);
  for (const kind of ['builds', 'sources', 'uploads', 'artifacts'] as const)
    expect(plan.records[kind].map((one) => one.uid.slice(-3))).toEqual(['001', '002']);
  expect(names(plan.files.archives)).toEqual(['c-a001', 'c-u001', 'c-a002', 'c-u002']);
  expect(names(plan.files.logs)).toEqual(['c-b001', 'c-b002']);
  expect(plan.files.caches).toEqual([]);
  expect([plan.kept.get('c-a012'), plan.kept.get('c-a011'), plan.kept.get('c-a003')]).toEqual([
    'running',
    'rollback',
    'release',
  ]);
});

test('nothing of a service cluster that is gone is left', () => {
  const { records, disk } = deployments(3);
  const rollouts = [{ uid: 'x', cluster: 'c', from: null, to: 'c-r001', state: 'succeeded' as const, finishedAt: 1 }];
  const gone = { ...records, rollouts, clusters: [] };
  const mirrors = [thing('m')];
  const [left, files] = after(gone, { ...disk, mirrors }, planCollection(gone, { ...disk, mirrors }, LIMITS));
  expect(left).toEqual(NOTHING);
  expect(files).toEqual(EMPTY);
});

test('a release that an instance still runs is kept, however old, even of a service cluster that is going', () => {
  const { records, disk } = deployments(15);
  const plan = planCollection({ ...records, running: ['c-r001'] }, disk, LIMITS);
  expect(uids(plan.records.releases)).not.toContain('c-r001');
  expect(names(plan.files.archives)).not.toContain('c-a001');
});

test('what a roll-out under way may return to is kept', () => {
  const { records, disk } = deployments(15);
  const rollouts = [
    { uid: 'x', cluster: 'c', from: 'c-r002', to: 'c-r001', state: 'running' as const, finishedAt: null },
  ];
  const plan = planCollection({ ...records, rollouts }, disk, LIMITS);
  expect(uids(plan.records.releases)).toEqual(['c-r003', 'c-r004', 'c-r005']);
  expect(plan.records.rollouts).toEqual([]);
});

describe('beyond the bound on archives', () => {
  test('uploaded trees give way first, the oldest first', () => {
    const { records, disk } = deployments(4);
    const plan = planCollection(records, disk, { ...LIMITS, maximumArchiveBytes: 600 });
    expect(names(plan.files.archives)).toEqual(['c-u001', 'c-u002']);
    expect(plan.records.releases).toEqual([]);
  });

  test('but never the release that was live before, however many came and were left since', () => {
    const { records, disk } = deployments(40);
    const of = (number: number) => `c-${uid('r', number)}`;
    const succeeded = { cluster: 'c', state: 'succeeded' as const, finishedAt: 1 };
    const returned = { cluster: 'c', state: 'returned' as const, finishedAt: 1, from: of(40) };
    const rollouts = [
      { ...succeeded, uid: 'o001', from: null, to: of(3) },
      { ...succeeded, uid: 'o002', from: of(3), to: of(5) },
      { ...succeeded, uid: 'o003', from: of(5), to: of(3) },
      { ...succeeded, uid: 'o004', from: of(3), to: of(40) },
      ...Array.from({ length: 60 }, (_, index) => ({ ...returned, uid: `o1${uid('', index)}`, to: of(39) })),
    ];
    const plan = planCollection({ ...records, rollouts }, disk, LIMITS);
    const gone = plan.records.releases.map(({ number }) => number);
    expect(gone).toContain(5);
    expect(gone).not.toContain(3);
    const kept = plan.records.rollouts.map((rollout) => rollout.uid);
    expect(kept).not.toContain('o004');
    expect(kept).toHaveLength(10);
  });

  test('then releases, but never what runs nor the release before', () => {
    const { records, disk } = deployments(4);
    const plan = planCollection(records, disk, { ...LIMITS, maximumArchiveBytes: 300 });
    expect(uids(plan.records.releases)).toEqual(['c-r001']);
    const least = planCollection(records, disk, { ...LIMITS, maximumArchiveBytes: 0 });
    expect(uids(least.records.releases)).toEqual(['c-r001', 'c-r002']);
    expect([...least.kept.keys()].sort()).toEqual(['c-a003', 'c-a004']);
  });
});

describe('what is on its way is kept', () => {
  test('a file and a record that are fresh', () => {
    const fresh = NOW - GRACE_MILLISECONDS + 1;
    const records = { ...NOTHING, artifacts: [{ uid: 'a', createdAt: fresh }] };
    const disk = { ...EMPTY, archives: [thing('a'), thing('b', fresh), thing('c')], logs: [thing('l', fresh)] };
    const plan = planCollection(records, disk, LIMITS);
    expect(plan.records.artifacts).toEqual([]);
    expect(names(plan.files.archives)).toEqual(['c']);
    expect(plan.files.logs).toEqual([]);
  });

  test('an upload for a day, until it was deployed', () => {
    const upload = { uid: 'p', tenant: 'acme', digest: 'u', createdAt: NOW - 20 * HOUR };
    const disk = { ...EMPTY, archives: [thing('u')] };
    const of = (records: Partial<Records>) =>
      planCollection({ ...NOTHING, uploads: [upload], ...records }, disk, LIMITS);
    expect(of({}).records.uploads).toEqual([]);
    expect(of({}).files.archives).toEqual([]);
    const source = { uid: 's', tenant: 'acme', cluster: 'gone', createdAt: NOW - 19 * HOUR, from: { upload: 'u' } };
    expect(of({ sources: [source] }).records.uploads).toEqual([upload]);
    expect(of({ sources: [{ ...source, tenant: 'beta' }] }).records.uploads).toEqual([]);
    expect(of({ sources: [{ ...source, createdAt: NOW - 21 * HOUR }] }).records.uploads).toEqual([]);
  });

  test('a tree of an application that is gone goes when it is not fresh any more, and not a day later', () => {
    const fresh = NOW - GRACE_MILLISECONDS + 1;
    const records = {
      ...NOTHING,
      uploads: [{ uid: 'p', tenant: 'acme', digest: 'u', createdAt: fresh }],
      sources: [{ uid: 's', tenant: 'acme', cluster: 'gone', createdAt: fresh, from: { upload: 'u' } }],
    };
    const disk = { ...EMPTY, archives: [thing('u')] };
    const [left, files] = after(records, disk, planCollection(records, disk, LIMITS));
    expect([left.uploads, files.archives]).toEqual([records.uploads, disk.archives]);
    const later = { ...LIMITS, now: NOW + GRACE_MILLISECONDS };
    expect(after(left, files, planCollection(left, files, later))).toEqual([NOTHING, EMPTY]);
  });

  test('all that a build under way reads and has written', () => {
    const { records, disk } = deployments(1);
    const started = NOW - HOUR;
    const builds = [{ ...records.builds[0]!, createdAt: started, startedAt: started, finishedAt: null }];
    const gone = { ...records, clusters: [], releases: [], builds };
    const archives = [...disk.archives, thing('just-packed', started + 1), thing('of-before', started - 1)];
    const plan = planCollection(gone, { ...disk, archives }, LIMITS);
    expect([plan.records.builds, plan.records.sources, plan.records.uploads]).toEqual([[], [], []]);
    expect([plan.files.logs, plan.files.caches]).toEqual([[], []]);
    expect(names(plan.files.archives)).toContain('of-before');
    expect(names(plan.files.archives)).not.toContain('just-packed');
    expect(names(plan.files.archives)).not.toContain('c-u001');
  });

  test('the newest commit of a service cluster, for the next look at the repository, with its mirror', () => {
    const source = { uid: 's', tenant: 'acme', cluster: 'c', createdAt: 1, from: { mirror: 'm' } };
    const records = {
      ...NOTHING,
      clusters: [{ uid: 'c', stableRelease: null, candidateRelease: null }],
      sources: [source],
    };
    const plan = planCollection(records, { ...EMPTY, mirrors: [thing('m'), thing('n')] }, LIMITS);
    expect(plan.records.sources).toEqual([]);
    expect(names(plan.files.mirrors)).toEqual(['n']);
  });
});

/** Any world: what is named may be there or not. */
const world = fc
  .record({
    seed: fc.array(
      fc.record({
        cluster: fc.constantFrom('c', 'd', 'gone'),
        artifact: fc.nat(6),
        upload: fc.nat(6),
        git: fc.boolean(),
        age: fc.integer({ min: 0, max: 60 * 24 }),
        state: fc.constantFrom('candidate', 'stable', 'superseded', 'returned', 'skipped', 'none'),
        isUnderWay: fc.boolean(),
        isRollingOut: fc.boolean(),
        isRunning: fc.boolean(),
      }),
      { maxLength: 40 },
    ),
    stable: fc.array(fc.nat(39), { maxLength: 2 }),
    missing: fc.array(fc.nat(6)),
    maximumArchiveBytes: fc.nat(1500),
  })
  .map(({ seed, stable, missing, maximumArchiveBytes }) => {
    const at = (age: number) => NOW - age * HOUR;
    const entries = seed.map((entry, index) => ({ ...entry, index, at: at(entry.age) }));
    const release = (index: number | undefined) =>
      index !== undefined && entries[index] !== undefined && entries[index].state !== 'none' ? uid('r', index) : null;
    const records: Records = {
      clusters: ['c', 'd'].map((name, index) => ({
        uid: name,
        stableRelease: release(stable[index]),
        candidateRelease: null,
      })),
      releases: entries.flatMap((entry) =>
        entry.state === 'none'
          ? []
          : [
              {
                uid: uid('r', entry.index),
                cluster: entry.cluster,
                number: entry.index,
                createdAt: entry.at,
                artifact: uid('a', entry.artifact),
                cartridge: { digest: uid('v', entry.artifact % 3) },
                source: uid('s', entry.index),
                build: uid('b', entry.index),
                state: entry.state,
              },
            ],
      ),
      rollouts: entries.map(({ index, cluster, isRollingOut }) => ({
        uid: uid('o', index),
        cluster,
        from: index === 0 ? null : uid('r', index - 1),
        to: uid('r', index),
        state: isRollingOut ? ('running' as const) : ('succeeded' as const),
        finishedAt: isRollingOut ? null : 1,
      })),
      builds: entries.map(({ index, cluster, at: time, isUnderWay }) => ({
        uid: uid('b', index),
        cluster,
        source: uid('s', index),
        createdAt: time,
        startedAt: time,
        finishedAt: isUnderWay ? null : time + 1,
      })),
      sources: entries.map(({ index, cluster, at: time, git, upload }) => ({
        uid: uid('s', index),
        tenant: 'acme',
        cluster,
        createdAt: time,
        from: git ? { mirror: uid('m', upload) } : { upload: uid('u', upload) },
      })),
      uploads: entries.map(({ index, at: time, upload }) => ({
        uid: uid('p', index),
        tenant: 'acme',
        digest: uid('u', upload),
        createdAt: time,
      })),
      artifacts: [...new Set(entries.map(({ artifact }) => artifact))].map((number) => ({
        uid: uid('a', number),
        createdAt: at(number * 3),
      })),
      cartridges: [uid('v', 0)],
      running: entries.filter(({ isRunning }) => isRunning).map(({ index }) => uid('r', index)),
    };
    const numbers = [0, 1, 2, 3, 4, 5, 6];
    const present = numbers.filter((number) => !missing.includes(number));
    const disk: OnDisk = {
      archives: present.flatMap((number) => [
        thing(uid('a', number), at(number * 3)),
        thing(uid('u', number), at(number * 5)),
        thing(uid('v', number), at(number * 7)),
      ]),
      logs: entries.map(({ index, at: time }) => thing(uid('b', index), time)),
      caches: ['c', 'd', 'gone', 'stranger'].map((name) => thing(name)),
      mirrors: numbers.map((number) => thing(uid('m', number))),
    };
    return { records, disk, limits: { now: NOW, maximumArchiveBytes, cacheBounds } };
  });

test('nothing that can be reached is ever removed', () => {
  fc.assert(
    fc.property(world, ({ records, disk, limits }) => {
      const plan = planCollection(records, disk, limits);
      const [left, files] = after(records, disk, plan);
      const there = new Set(uids(records.clusters));
      const roots = new Set([
        ...records.running,
        ...records.clusters.flatMap(({ stableRelease }) => stableRelease ?? []),
        ...records.rollouts
          .filter(({ cluster, finishedAt }) => finishedAt === null && there.has(cluster))
          .flatMap(({ from, to }) => [from ?? [], to].flat()),
        ...records.releases
          .filter(({ cluster, state }) => there.has(cluster) && state === 'candidate')
          .map((release) => release.uid),
      ]);
      const wasThere = (kind: keyof OnDisk, name: string) => names(disk[kind]).includes(name);
      const kept = left.releases;
      for (const release of records.releases) if (roots.has(release.uid)) expect(kept).toContain(release);
      for (const digest of [...records.cartridges, ...kept.flatMap(({ cartridge }) => cartridge.digest ?? [])])
        if (wasThere('archives', digest)) expect(names(files.archives)).toContain(digest);
      for (const { artifact, source, build } of kept) {
        if (wasThere('archives', artifact!)) expect(names(files.archives)).toContain(artifact);
        expect(uids(left.artifacts)).toContain(artifact);
        expect(uids(left.sources)).toContain(source);
        expect(uids(left.builds)).toContain(build);
      }
      for (const build of records.builds.filter(({ finishedAt }) => finishedAt === null)) {
        expect(left.builds).toContain(build);
        const source = left.sources.find((one) => one.uid === build.source)!;
        if ('mirror' in source.from) expect(names(files.mirrors)).toContain(source.from.mirror);
        else if (wasThere('archives', source.from.upload)) {
          expect(names(files.archives)).toContain(source.from.upload);
          expect(left.uploads.map(({ digest }) => digest)).toContain(source.from.upload);
        }
        expect(names(files.caches)).toContain(build.cluster);
      }
      for (const { uid: build } of left.builds) expect(names(files.logs)).toContain(build);
      for (const upload of left.uploads)
        if (wasThere('archives', upload.digest)) expect(names(files.archives)).toContain(upload.digest);
      for (const archive of disk.archives)
        if (archive.modifiedAt > NOW - GRACE_MILLISECONDS) expect(files.archives).toContain(archive);
    }),
    { numRuns: 500 },
  );
});

test('carried out, it leaves nothing to do', () => {
  fc.assert(
    fc.property(world, ({ records, disk, limits }) => {
      const [left, files] = after(records, disk, planCollection(records, disk, limits));
      const again = planCollection(left, files, limits);
      for (const kind of RECORD_KINDS) expect(again.records[kind]).toEqual([]);
      expect(again.files).toEqual(EMPTY);
    }),
    { numRuns: 500 },
  );
});

test('crossed by a crash between records and files, the next one removes the same files', () => {
  fc.assert(
    fc.property(world, ({ records, disk, limits }) => {
      const plan = planCollection(records, disk, limits);
      const [left] = after(records, disk, plan);
      const again = planCollection(left, disk, limits);
      for (const kind of RECORD_KINDS) expect(again.records[kind]).toEqual([]);
      expect(again.files).toEqual(plan.files);
    }),
    { numRuns: 500 },
  );
});
