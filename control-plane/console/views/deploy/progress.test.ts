import { expect, test } from '@jest/globals';
import { progressOf, type Build, type Cluster, type Seen } from './progress.ts';

const AT = '2026-01-01T00:00:00.000Z';
const build = (changed: Partial<Build> = {}): Build => ({
  uid: 'b2',
  state: 'SUCCEEDED',
  createdAt: AT,
  startedAt: AT,
  finishedAt: AT,
  error: null,
  source: null,
  ...changed,
});
type ServiceCluster = Cluster['serviceCluster'];
const edges = <Node>(...nodes: Node[]) => ({ edges: nodes.map((node) => ({ node })) });
const release = (number: number, state: 'STABLE' | 'CANDIDATE' | 'SUPERSEDED' | 'SKIPPED' = 'CANDIDATE') => ({
  uid: `r${number}`,
  number,
  state,
  build: { uid: `b${number}` },
});
const rollout = (
  number: number,
  state: 'RUNNING' | 'RETURNING' | 'RETURNED' | 'SUCCEEDED',
  from: number | null = 1,
) => ({
  uid: `o${number}`,
  state,
  createdAt: AT,
  finishedAt: null,
  reason: state.startsWith('RETURN') ? { code: 'not-ready-in-time', message: 'it listens nowhere' } : null,
  fromRelease: from === null ? null : { uid: `r${from}`, number: from },
  toRelease: { uid: `r${number}`, number, build: { uid: `b${number}` } },
  instanceUids: [],
});
const cluster = (changed: Partial<ServiceCluster> = {}): Cluster => ({
  serviceCluster: {
    uid: 'c',
    wanted: 1,
    application: null,
    blocked: null,
    stableRelease: { number: 1 },
    releases: edges(release(1, 'STABLE'), release(2)),
    rollouts: edges(rollout(1, 'SUCCEEDED', null)),
    tasks: edges(),
    ...changed,
  },
  instances: [],
});
const serving = (active: number, url: string | null = 'http://shop.example.org/') => ({
  url,
  clusters: [
    { alias: 'web', wanted: 1, live: { active: 1 } },
    { alias: 'lb', wanted: 1, live: { active } },
  ],
});
const seen = (changed: Partial<Seen> = {}): Seen => ({
  alias: 'web',
  build: build(),
  cluster: cluster(),
  application: null,
  ...changed,
});
const states = (changed: Partial<Seen>) =>
  progressOf(seen(changed)).steps.map(({ name, state, text }) => `${name} ${state}${text === '' ? '' : `: ${text}`}`);

test.each([
  ['nothing is known yet', { build: null, cluster: null }, ['Build waiting', 'Roll-out waiting', 'Serving waiting']],
  [
    'other builds run before it',
    { build: build({ state: 'QUEUED' }), cluster: cluster({ releases: edges(release(1, 'STABLE')) }) },
    ['Build under-way: waits for its turn', 'Roll-out waiting', 'Serving waiting'],
  ],
  ['its release waits', {}, ['Build done', 'Roll-out waiting: release 2 waits for its turn', 'Serving waiting']],
  [
    'its hook runs',
    {
      cluster: cluster({
        tasks: edges({ uid: 't', kind: 'RELEASE', state: 'RUNNING', lastLines: ['migrating'], release: { uid: 'r2' } }),
      }),
    },
    [
      'Build done',
      'Hook release under-way: migrating',
      'Roll-out waiting: release 2 waits for its turn',
      'Serving waiting',
    ],
  ],
  [
    'instances are moved',
    { cluster: cluster({ rollouts: edges(rollout(1, 'SUCCEEDED', null), rollout(2, 'RUNNING')) }) },
    ['Build done', 'Roll-out under-way: release 2', 'Serving waiting'],
  ],
  [
    'it is taken back',
    { cluster: cluster({ rollouts: edges(rollout(2, 'RETURNING')) }) },
    ['Build done', 'Roll-out under-way: is taken back: it listens nowhere', 'Serving waiting'],
  ],
  [
    'the load balancer starts',
    { cluster: cluster({ rollouts: edges(rollout(2, 'SUCCEEDED')) }), application: serving(0) },
    ['Build done', 'Roll-out done: release 2', 'Serving under-way: the load balancer starts'],
  ],
  [
    'its address is made',
    { cluster: cluster({ rollouts: edges(rollout(2, 'SUCCEEDED')) }), application: serving(1, null) },
    ['Build done', 'Roll-out done: release 2', 'Serving under-way: its address is being made'],
  ],
] as [string, Partial<Seen>, string[]][])(
  'while %s it is under way, and says how far it is',
  (_what, changed, steps) => {
    expect(states(changed)).toEqual(steps);
    expect(progressOf(seen(changed)).outcome).toEqual({ kind: 'under-way' });
  },
);

test('it ends with its address', () => {
  const { outcome, rollout: shown } = progressOf(
    seen({
      cluster: cluster({ releases: edges(release(2, 'STABLE')), rollouts: edges(rollout(2, 'SUCCEEDED')) }),
      application: serving(1),
    }),
  );
  expect(outcome).toEqual({ kind: 'serves', release: 2, url: 'http://shop.example.org/' });
  expect(shown?.uid).toBe('o2');
});

test('what has no load balancer serves without an address', () => {
  const application = { url: null, clusters: [{ alias: 'web', wanted: 1, live: { active: 1 } }] };
  const { outcome } = progressOf(seen({ cluster: cluster({ rollouts: edges(rollout(2, 'SUCCEEDED')) }), application }));
  expect(outcome).toEqual({ kind: 'serves', release: 2, url: null });
});

test('what is wanted with no instance at all is served by none', () => {
  const application = { url: null, clusters: [{ alias: 'web', wanted: 0, live: { active: 0 } }] };
  const { outcome } = progressOf(seen({ cluster: cluster({ rollouts: edges(rollout(2, 'SUCCEEDED')) }), application }));
  expect(outcome).toMatchObject({ kind: 'serves' });
});

test('a build that failed ends it with the reason, what to do, and what goes on running', () => {
  const error = { code: 'BUILD_FAILED', message: 'npm ended with 1' };
  const { outcome, steps } = progressOf(seen({ build: build({ state: 'FAILED', error }) }));
  expect(outcome).toEqual({ kind: 'failed', ...error, next: expect.stringContaining('log'), runs: 1 });
  expect(steps[0]).toMatchObject({ state: 'failed' });
});

test('a roll-out that was taken back ends it with the reason', () => {
  const returned = cluster({ rollouts: edges(rollout(2, 'RETURNED')) });
  expect(progressOf(seen({ cluster: returned })).rollout).toBeNull();
  expect(progressOf(seen({ cluster: returned })).outcome).toEqual({
    kind: 'failed',
    code: 'not-ready-in-time',
    message: 'it listens nowhere',
    next: expect.stringContaining('$HOST:$PORT'),
    runs: 1,
  });
});

test('a first release that failed leaves nothing running', () => {
  const first = cluster({ stableRelease: { number: 2 }, rollouts: edges(rollout(2, 'RETURNED', null)) });
  expect(progressOf(seen({ cluster: first })).outcome).toMatchObject({ kind: 'failed', runs: null });
});

test.each(['SKIPPED', 'SUPERSEDED'] as const)('one whose release is %s was overtaken', (state) => {
  const overtaken = cluster({
    stableRelease: { number: 3 },
    releases: edges(release(2, state), release(3, 'STABLE')),
    rollouts: edges(rollout(3, 'SUCCEEDED')),
  });
  expect(progressOf(seen({ cluster: overtaken })).outcome).toEqual({ kind: 'overtaken', release: 2, runs: 3 });
});

test('a reason that nobody has heard of has its words', () => {
  const error = { code: 'BUILD_ABDUCTED', message: 'by aliens' };
  expect(progressOf(seen({ build: build({ state: 'FAILED', error }) })).outcome).toMatchObject({
    message: 'by aliens',
    next: expect.stringContaining('deploy again'),
  });
});
