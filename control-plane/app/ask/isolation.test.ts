/** What is another tenant's does not exist: every query, mutation and feed of the interface, one by one. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import type { Principal } from '../principal.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import type { DecisionRecord } from '../records/decisions.ts';
import type { InstanceRecord } from '../records/instances.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import type { BuildRecord, SourceRecord } from '../records/sources.ts';
import type { Feeds, Mutations, Queries } from '../use-cases.ts';
import { newUid } from '../../../schema/ids.ts';
import { selfSigned } from '../../../test/support/certificate.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { Agents } from '../testing/agents.ts';
import { application, document } from '../testing/manifests.ts';
import { kubeconfig } from '../host-clusters/testing/kubeconfig.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';
import { createToken } from './authenticate.ts';

let platform: Platform;
let shop: ApplicationRecord;
let web: ClusterRecord;
let instance: InstanceRecord;
let decision: DecisionRecord;
let release: ReleaseRecord;
let build: BuildRecord;
let source: SourceRecord;
let annsToken: string;
let notice: string;
let task: string;

const of = (tenant: string | null, role: Principal['role'], application: string | null = null): Principal => ({
  token: role,
  name: role,
  role,
  tenant,
  application,
});
const ANN = of('acme', 'admin');
const EVE = of('beta', 'admin');
const ref = { application: 'shop', alias: 'web' };

beforeAll(async () => {
  platform = await Platform.open();
  const agents = new Agents(platform);
  const { record } = await createToken(
    platform.database,
    { name: 'ann', role: 'admin', tenant: 'acme', application: 'shop', expiresAt: null },
    { now: platform.now, newUid },
  );
  annsToken = record.uid;
  const git = { url: 'https://git.example.org/shop.git' };
  await platform.apply(
    document('AutoscalingPolicy', 'calm', { maximum: 5 }) +
      application('shop', [{ alias: 'web', cartridge: 'node', autoscaling: 'calm', source: { git } }]),
  );
  const secrets = [{ name: 'ACME_SECRET', value: 'a secret value', delivery: 'environment' as const }];
  await platform.parts.mutations.setSecrets(ANN, { ...ref, secrets });
  const forge = { name: 'acme-forge', kind: 'token' as const, hosts: ['git.example.org'], value: 'a secret value' };
  await platform.parts.mutations.setCredential(ANN, forge);
  const { cert: chain, key } = selfSigned('shop.acme.example');
  const certificate = { application: 'shop', host: 'shop.acme.example', chain, key, isDefault: true };
  await platform.parts.mutations.setCertificate(ANN, certificate);
  await platform.parts.mutations.configure(ANN, {
    application: 'shop',
    set: [{ name: 'ACME_SETTING', value: 'on' }],
    unset: [],
  });
  await platform.parts.mutations.createWebhook(ANN, ref);
  const told = { name: 'told', application: 'shop', url: 'https://receiver.example/', types: ['*'] };
  platform.hostClusters.add('https://10.0.0.1:6443');
  await platform.parts.mutations.registerHostCluster(OPERATOR, {
    ...{ name: 'frankfurt', kubeconfig: kubeconfig(), skipProbe: true },
    ...{ brokerUrl: 'mqtts://broker.example', controlPlaneUrl: 'https://cartwright.example' },
  });
  notice = (await platform.parts.mutations.createNotice(ANN, told)).notice.uid;
  const deployed = await platform.parts.mutations.deploy(ANN, ref);
  ({ source } = deployed);
  build = await eventually('the build', async () => {
    const found = await platform.database.builds.get(deployed.build.uid);
    return found?.state === 'succeeded' && found;
  });
  for (let step = 0; step < 6; step += 1) {
    await platform.pass();
    agents.step();
    platform.now += 1000;
    platform.parts.meter.pass();
    platform.parts.history.tick();
  }
  const cluster = platform.cluster('web');
  await platform.decide(cluster, false);
  await eventually('the decision', async () => (await platform.database.decisions.find({})).length > 0);
  instance = cluster.live()[0]!.record;
  platform.logs.append({ tenant: 'acme', name: 'shop' }, [
    {
      ...{ kind: 'line', at: platform.now, level: null, alias: 'web', instance: instance.uid, release: null },
      ...{ stream: 'stdout', text: 'a secret' },
    },
  ]);
  platform.parts.events.record({
    tenant: 'beta',
    subject: { kind: 'Test', uid: 'test', name: 'test' },
    type: 'disk.recovered',
  });
  await platform.parts.mutations.setMetadata(ANN, { ...ref, set: [{ key: 'region', value: 'a secret' }], remove: [] });
  platform.now += 1;
  task = (await platform.parts.mutations.runTask(ANN, { ...ref, command: ['migrate'] })).uid;
  await platform.parts.meter.store();
  await platform.parts.recorded();
  await platform.parts.journal.settle();
  shop = platform.parts.fleet.application('acme', 'shop')!;
  web = cluster.record;
  decision = (await platform.database.decisions.find({}))[0]!;
  await platform.database.instances.save({ ...instance, cause: decision.uid });
  release = (await platform.database.releases.find({ cluster: web.uid }))[0]!;
});
afterAll(() => platform[Symbol.asyncDispose]());

const POLICY = document('AutoscalingPolicy', 'tried', { factors: { requestsInFlight: { target: 5 } } });

/** How each query asks for what is acme's. */
const QUERIES: { [K in keyof Queries]: (queries: Queries, principal: Principal) => unknown } = {
  auditRecords: (queries, principal) => queries.auditRecords(principal, { page: {} }),
  tenants: (queries, principal) => queries.tenants(principal),
  tenantUse: (queries, principal) => queries.tenantUse(principal, 'acme'),
  freeze: async (queries, principal) => {
    await platform.parts.freeze.begin(of(null, 'operator'), { reason: 'everybody may know' });
    return queries.freeze(principal).finally(() => platform.parts.freeze.end(of(null, 'operator')));
  },
  // Nobody's but the operator's: the owner of an instance is refused, too.
  instanceTokens: (queries, principal) =>
    principal === ANN ? queries.instanceTokens(of(null, 'operator')) : queries.instanceTokens(principal),
  platform: async (queries, principal) => queries.platform(principal),
  platformHealth: (queries, principal) =>
    principal === ANN ? queries.platformHealth(OPERATOR) : queries.platformHealth(principal),
  tokens: (queries, principal) => queries.tokens(principal),
  cartridges: (queries, principal) => queries.cartridges(principal),
  unusable: async (queries, principal) => {
    const [cartridge] = await queries.cartridges(principal);
    platform.lacking.set(cartridge!.name, 'everybody may know');
    return queries.unusable(principal, cartridge!).finally(() => platform.lacking.clear());
  },
  policies: (queries, principal) => queries.policies(principal),
  applications: (queries, principal) => queries.applications(principal, null, {}),
  application: (queries, principal) => queries.application(principal, null, 'shop'),
  blocked: (queries, principal) => {
    const { blocked } = platform.parts.fleet;
    blocked.set(shop.uid, { code: 'CARTRIDGE_MISSING', message: 'acme’s', since: platform.now });
    return queries.blocked(principal, shop).finally(() => blocked.delete(shop.uid));
  },
  applicationUrl: (queries, principal) => queries.applicationUrl(principal, shop),
  clusters: (queries, principal) => queries.clusters(principal, shop),
  cluster: (queries, principal) => queries.cluster(principal, ref),
  gitSource: async (queries, principal) => queries.gitSource(principal, web),
  checkRepository: (queries, principal) =>
    queries.checkRepository(principal, { url: 'https://git.example.org/shop.git', ...ref, credentials: 'acme-forge' }),
  routes: async (queries, principal) => queries.routes(principal, web),
  clusterLive: (queries, principal) => queries.clusterLive(principal, web),
  instances: (queries, principal) => queries.instances(principal, web, { includeTerminated: true, page: {} }),
  instance: (queries, principal) => queries.instance(principal, instance.uid),
  instanceLive: (queries, principal) => queries.instanceLive(principal, instance),
  instanceAgent: async (queries, principal) => queries.instanceAgent(principal, instance),
  placementPlan: (queries, principal) => queries.placementPlan(principal, web, 3),
  releaseDifference: (queries, principal) => queries.releaseDifference(principal, release, release.uid),
  instancesOfDecision: (queries, principal) =>
    queries.instancesOfDecision(principal, { ...decision, acted: true, from: 0, to: 1 }),
  steeringPreview: (queries, principal) => queries.steeringPreview(principal, ref, { kind: 'pause' }),
  instanceObservation: (queries, principal) => queries.instanceObservation(principal, instance),
  decisions: (queries, principal) => queries.decisions(principal, web, { actionsOnly: false, page: {} }),
  decision: (queries, principal) => queries.decision(principal, decision.uid),
  replayDecision: (queries, principal) => queries.replayDecision(principal, decision.uid),
  history: (queries, principal) =>
    queries.history(principal, web, { from: platform.now - 60_000, to: platform.now, stepSeconds: 1 }),
  lifecycle: (queries, principal) => queries.lifecycle(principal, instance),
  usage: (queries, principal) => queries.usage(principal, { from: 0, to: platform.now + 3_600_000, page: {} }),
  releases: (queries, principal) => queries.releases(principal, web, {}),
  release: (queries, principal) => queries.release(principal, release.uid),
  rollouts: (queries, principal) => queries.rollouts(principal, web, {}),
  build: (queries, principal) => queries.build(principal, build.uid),
  builds: (queries, principal) => queries.builds(principal, web, {}),
  source: (queries, principal) => queries.source(principal, source.uid),
  events: (queries, principal) => queries.events(principal, { after: 0, limit: 1000 }),
  logs: (queries, principal) => queries.logs(principal, { application: 'shop' }, { filter: {}, last: 10, limit: 10 }),
  drains: (queries, principal) => queries.drains(principal, shop),
  searchLogs: (queries, principal) =>
    queries.searchLogs(principal, { application: 'shop' }, { filter: {}, limit: 10, range: { before: null } }),
  variables: (queries, principal) => queries.variables(principal, web),
  applicationVariables: (queries, principal) => queries.applicationVariables(principal, shop),
  secretVersions: (queries, principal) => queries.secretVersions(principal, web),
  credentials: (queries, principal) => queries.credentials(principal),
  certificates: (queries, principal) => queries.certificates(principal, shop),
  notices: (queries, principal) => queries.notices(principal),
  hostClusters: (queries, principal) => queries.hostClusters(principal === ANN ? OPERATOR : principal),
  hostCluster: (queries, principal) => queries.hostCluster(principal === ANN ? OPERATOR : principal, 'frankfurt'),
  webhooks: (queries, principal) => queries.webhooks(principal, web),
  metadata: (queries, principal) => queries.metadata(principal, web),
  applicationMetadata: (queries, principal) => queries.applicationMetadata(principal, shop),
  task: (queries, principal) => queries.task(principal, task),
  tasks: (queries, principal) => queries.tasks(principal, web, {}),
  backtest: async (queries, principal) => {
    const asked = { ...ref, policy: POLICY, from: platform.now - 600_000 };
    const { uid } = await platform.parts.mutations.backtestPolicy(ANN, asked);
    return queries.backtest(principal, uid);
  },
};
/** What everybody may see, and so says nothing of a tenant. */
const PLATFORMS: readonly (keyof Queries)[] = ['cartridges', 'unusable', 'freeze', 'platform'];

const MUTATIONS: { [K in keyof Mutations]: (mutations: Mutations, principal: Principal, tenant?: string) => unknown } =
  {
    createTenant: (mutations, principal) => mutations.createTenant(principal, { name: 'gamma' }),
    setTenantQuota: (mutations, principal) =>
      mutations.setTenantQuota(principal, { name: 'acme', quota: { instances: 0 } }),
    deleteTenant: (mutations, principal) =>
      mutations.deleteTenant(principal, { name: 'acme', cascade: true, repeatedName: 'acme' }),
    createToken: (mutations, principal, tenant) =>
      mutations.createToken(principal, { name: 'spy', role: 'viewer', tenant: tenant ?? 'acme' }),
    revokeToken: (mutations, principal) => mutations.revokeToken(principal, annsToken),
    apply: (mutations, principal, tenant) =>
      mutations.apply(principal, {
        manifests: application('intruder', [{ alias: 'web', cartridge: 'worker' }]),
        tenant: tenant ?? 'acme',
      }),
    deleteApplication: (mutations, principal, tenant) =>
      mutations.deleteApplication(principal, { name: 'shop', ...(tenant && { tenant }) }),
    deletePolicy: (mutations, principal, tenant) =>
      mutations.deletePolicy(principal, { kind: 'AutoscalingPolicy', name: 'calm', ...(tenant && { tenant }) }),
    uploadSource: (mutations, principal, tenant) =>
      mutations.uploadSource(principal, Readable.from([]), tenant ?? 'acme'),
    deploy: (mutations, principal, tenant) => mutations.deploy(principal, { ...ref, ...(tenant && { tenant }) }),
    restart: (mutations, principal, tenant) =>
      mutations.restart(principal, { ...ref, ...(tenant && { tenant }), reason: 'a secret' }),
    rollback: (mutations, principal, tenant) =>
      mutations.rollback(principal, { ...ref, releaseNumber: 1, ...(tenant && { tenant }) }),
    scale: (mutations, principal, tenant) =>
      mutations.scale(principal, { ...ref, instances: 2, kind: 'pin', reason: 'x', ...(tenant && { tenant }) }),
    clearOverride: (mutations, principal, tenant) =>
      mutations.clearOverride(principal, { ...ref, ...(tenant && { tenant }) }),
    pause: (mutations, principal, tenant) =>
      mutations.pause(principal, { ...ref, reason: 'x', ...(tenant && { tenant }) }),
    stop: (mutations, principal, tenant) =>
      mutations.stop(principal, { ...ref, ...(tenant && { tenant }), reason: 'a secret' }),
    start: (mutations, principal, tenant) => mutations.start(principal, { ...ref, ...(tenant && { tenant }) }),
    resume: (mutations, principal, tenant) => mutations.resume(principal, { ...ref, ...(tenant && { tenant }) }),
    setShadow: (mutations, principal, tenant) =>
      mutations.setShadow(principal, { ...ref, shadow: true, ...(tenant && { tenant }) }),
    freeze: (mutations, principal) => mutations.freeze(principal, { reason: 'x' }),
    unfreeze: (mutations, principal) => mutations.unfreeze(principal),
    backtestPolicy: (mutations, principal, tenant) =>
      mutations.backtestPolicy(principal, {
        ...{ ...ref, policy: POLICY, from: platform.now - 600_000, ...(tenant && { tenant }) },
      }),
    cancelBacktest: async (mutations, principal) => {
      const asked = { ...ref, policy: POLICY, from: platform.now - 600_000 };
      const { uid } = await platform.parts.mutations.backtestPolicy(ANN, asked);
      return mutations.cancelBacktest(principal, uid);
    },
    restartInstance: (mutations, principal) => mutations.restartInstance(principal, instance.uid),
    configure: (mutations, principal, tenant) =>
      mutations.configure(principal, {
        ...ref,
        set: [{ name: 'A', value: '1' }],
        unset: [],
        ...(tenant && { tenant }),
      }),
    setSecrets: (mutations, principal, tenant) =>
      mutations.setSecrets(principal, {
        ...ref,
        secrets: [{ name: 'A', value: '1', delivery: 'environment' }],
        ...(tenant && { tenant }),
      }),
    setCertificate: (mutations, principal, tenant) =>
      mutations.setCertificate(principal, {
        ...{ application: 'shop', host: 'x.example.org', chain: '', key: '', isDefault: false },
        ...(tenant && { tenant }),
      }),
    deleteCertificate: (mutations, principal, tenant) =>
      mutations.deleteCertificate(principal, {
        ...{ application: 'shop', host: 'shop.acme.example', ...(tenant && { tenant }) },
      }),
    setCredential: (mutations, principal, tenant) =>
      mutations.setCredential(principal, {
        name: 'forge',
        kind: 'token',
        hosts: ['git.example.org'],
        value: 'x',
        tenant: tenant ?? 'acme',
      }),
    deleteCredential: (mutations, principal, tenant) =>
      mutations.deleteCredential(principal, { name: 'acme-forge', ...(tenant && { tenant }) }),
    registerHostCluster: (mutations, principal) =>
      mutations.registerHostCluster(principal, {
        ...{ name: 'spy', inCluster: true, brokerUrl: 'mqtt://a.example', controlPlaneUrl: 'http://a.example' },
      }),
    rotateHostCluster: (mutations, principal) =>
      mutations.rotateHostCluster(principal, { name: 'frankfurt', inCluster: true }),
    probeHostCluster: (mutations, principal) => mutations.probeHostCluster(principal, { name: 'frankfurt' }),
    drainHostCluster: (mutations, principal) => mutations.drainHostCluster(principal, { name: 'frankfurt' }),
    undrainHostCluster: (mutations, principal) => mutations.undrainHostCluster(principal, { name: 'frankfurt' }),
    removeHostCluster: (mutations, principal) => mutations.removeHostCluster(principal, { name: 'frankfurt' }),
    createSignInLink: (mutations, principal) =>
      mutations.createSignInLink(principal, { path: '/', base: 'http://a', until: null }),
    createNotice: (mutations, principal, tenant) =>
      mutations.createNotice(principal, {
        name: 'spy',
        url: 'https://receiver.example/',
        types: ['*'],
        tenant: tenant ?? 'acme',
      }),
    testNotice: (mutations, principal) => mutations.testNotice(principal, notice),
    rotateNotice: (mutations, principal) => mutations.rotateNotice(principal, { uid: notice, overlapSeconds: 60 }),
    enableNotice: (mutations, principal) => mutations.enableNotice(principal, notice),
    deleteNotice: (mutations, principal) => mutations.deleteNotice(principal, notice),
    createWebhook: (mutations, principal, tenant) =>
      mutations.createWebhook(principal, { ...ref, ...(tenant && { tenant }) }),
    rotateWebhook: (mutations, principal, tenant) =>
      mutations.rotateWebhook(principal, { ...ref, ...(tenant && { tenant }) }),
    deleteWebhook: (mutations, principal, tenant) =>
      mutations.deleteWebhook(principal, { ...ref, ...(tenant && { tenant }) }),
    unsetSecrets: (mutations, principal, tenant) =>
      mutations.unsetSecrets(principal, { ...ref, names: ['ACME_SECRET'], ...(tenant && { tenant }) }),
    setMetadata: (mutations, principal, tenant) =>
      mutations.setMetadata(principal, {
        ...ref,
        set: [{ key: 'spy', value: 'x' }],
        remove: [],
        ...(tenant && { tenant }),
      }),
    runTask: (mutations, principal, tenant) =>
      mutations.runTask(principal, { ...ref, command: ['steal'], ...(tenant && { tenant }) }),
    stopTask: (mutations, principal) => mutations.stopTask(principal, task),
    revokeSecret: (mutations, principal, tenant) =>
      mutations.revokeSecret(principal, { ...ref, name: 'ACME_SECRET', force: true, ...(tenant && { tenant }) }),
  };

/** What is named by its uid alone. */
const BY_UID: readonly (keyof Mutations)[] = [
  'restartInstance',
  'revokeToken',
  'testNotice',
  'rotateNotice',
  'enableNotice',
  'deleteNotice',
  'stopTask',
  'cancelBacktest',
];
/** What changes nothing, and whoever may read may ask for. */
const FOR_VIEWERS: readonly (keyof Mutations)[] = ['backtestPolicy', 'cancelBacktest'];

/** What is about who asks, and nothing else. */
const OF_ONESELF: readonly (keyof Mutations)[] = ['createSignInLink'];
const ABOUT_SOMETHING = (Object.keys(MUTATIONS) as (keyof Mutations)[]).filter((name) => !OF_ONESELF.includes(name));

const FEEDS: {
  [K in keyof Feeds]: (feeds: Feeds, principal: Principal, signal: AbortSignal) => AsyncIterable<unknown>;
} = {
  cluster: (feeds, principal, signal) => feeds.cluster(principal, ref, signal),
  decisions: (feeds, principal, signal) => feeds.decisions(principal, ref, {}, signal),
  events: (feeds, principal, signal) => feeds.events(principal, { after: 0 }, signal),
  logs: (feeds, principal, signal) => feeds.logs(principal, { application: 'shop' }, { filter: {}, after: 0 }, signal),
  build: (feeds, principal, signal) => feeds.build(principal, build.uid, signal),
  rollout: (feeds, principal, signal) => feeds.rollout(principal, ref, signal),
  overview: (feeds, principal, signal) => feeds.overview(principal, { application: 'shop' }, signal),
  hostClusters: (feeds, principal, signal) => feeds.hostClusters(principal === ANN ? OPERATOR : principal, signal),
  hostCluster: (feeds, principal, signal) =>
    feeds.hostCluster(principal === ANN ? OPERATOR : principal, 'frankfurt', signal),
  task: (feeds, principal, signal) => feeds.task(principal, task, {}, signal),
  async *backtest(feeds, principal, signal) {
    const asked = { ...ref, policy: POLICY, from: platform.now - 600_000 };
    const { uid } = await platform.parts.mutations.backtestPolicy(ANN, asked);
    yield* feeds.backtest(principal, uid, signal);
  },
};

/** Uids and texts by which acme would be known. */
const traces = () => [
  shop.uid,
  web.uid,
  instance.uid,
  decision.uid,
  release.uid,
  build.uid,
  source.uid,
  task,
  'acme',
  'a secret',
  'ACME_SETTING',
];

/** The answer, or the error, as a text. */
async function told(ask: () => unknown): Promise<string> {
  try {
    return JSON.stringify((await ask()) ?? null);
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
}

/** The first item of a feed, or its error. */
async function first(open: (signal: AbortSignal) => AsyncIterable<unknown>): Promise<string> {
  const abort = new AbortController();
  try {
    return await told(async () => {
      for await (const item of open(abort.signal)) return item;
      return null;
    });
  } finally {
    abort.abort();
  }
}

describe('every query', () => {
  test('is looked at here', () => {
    expect(Object.keys(QUERIES).sort()).toEqual(Object.keys(platform.parts.queries).sort());
  });
  test.each(Object.keys(QUERIES) as (keyof Queries)[])('%s tells its owner, and nobody else', async (name) => {
    const own = await told(() => QUERIES[name](platform.parts.queries, ANN));
    const others = await told(() => QUERIES[name](platform.parts.queries, EVE));
    expect(own).not.toMatch(/^(null|\[\]|[A-Z_]+:)/);
    if (PLATFORMS.includes(name)) return;
    expect(others).not.toBe(own);
    // The caller gave the uid (or name) itself, and gets an empty answer, or an error, that names it.
    const known =
      {
        ...{ tenantUse: ['acme'], instanceLive: [instance.uid], replayDecision: [decision.uid] },
        ...{ releaseDifference: [release.uid], checkRepository: ['acme'] },
      }[name as string] ?? [];
    for (const trace of traces().filter((trace) => !known.includes(trace))) expect(others).not.toContain(trace);
  });
});

describe('every mutation', () => {
  test('is looked at here', () => {
    expect(Object.keys(MUTATIONS).sort()).toEqual(Object.keys(platform.parts.mutations).sort());
  });
  const names = ABOUT_SOMETHING;
  const refuses = async (name: keyof Mutations, principal: Principal, code: RegExp, tenant?: string): Promise<void> => {
    const { generation } = platform.cluster('web').record;
    const counted = async () => [
      (await platform.database.applications.find({})).length,
      (await platform.database.policies.find({})).length,
      (await platform.database.sources.find({})).length,
      (await platform.database.tenants.find({})).map(({ quota, deletingSince }) => [quota, deletingSince]),
      (await platform.database.tokens.find({})).map(({ revokedAt }) => revokedAt),
    ];
    const before = await counted();
    expect(await told(() => MUTATIONS[name](platform.parts.mutations, principal, tenant))).toMatch(code);
    expect(await counted()).toEqual(before);
    expect(platform.cluster('web').record).toMatchObject({ generation, deletingSince: null });
    expect(platform.messaging.published.filter((topic) => topic.endsWith('/command'))).toEqual([]);
  };
  test.each(names)('%s finds nothing of another tenant', (name) => refuses(name, EVE, /^(NOT_FOUND|FORBIDDEN): /));
  test.each(names)('%s may not be asked in another tenant’s name', (name) =>
    refuses(name, EVE, BY_UID.includes(name) ? /^NOT_FOUND: / : /^FORBIDDEN: /, 'acme'),
  );
  test.each(names)('%s changes nothing for viewers', (name) =>
    refuses(name, of('acme', 'viewer'), FOR_VIEWERS.includes(name) ? /^\{"uid":/ : /^FORBIDDEN: /, 'acme'),
  );
});

describe('every feed', () => {
  test('is looked at here', () => {
    expect(Object.keys(FEEDS).sort()).toEqual(Object.keys(platform.parts.feeds).sort());
  });
  test.each(Object.keys(FEEDS) as (keyof Feeds)[])('%s tells its owner, and nobody else', async (name) => {
    const own = await first((signal) => FEEDS[name](platform.parts.feeds, ANN, signal));
    const others = await first((signal) => FEEDS[name](platform.parts.feeds, EVE, signal));
    expect(own).toMatch(/^\{.+\}$/s);
    // Her own event comes after all of acme's.
    expect(others).toMatch(
      name === 'events' ? /disk\.recovered/ : name.startsWith('hostCluster') ? /^FORBIDDEN: / : /^NOT_FOUND: /,
    );
    for (const trace of traces().filter((trace) => trace !== build.uid && trace !== task))
      expect(others).not.toContain(trace);
  });
});

test('a viewer reads what is its tenant’s, but not the tokens', async () => {
  const viewer = of('acme', 'viewer');
  expect(await told(() => platform.parts.queries.application(viewer, null, 'shop'))).toContain(shop.uid);
  expect(await told(() => platform.parts.queries.tokens(viewer))).toMatch(
    /^FORBIDDEN: the token "viewer" has the role/,
  );
});

test('an operator names the tenant, and without a name sees what is everybody’s', async () => {
  const operator = of(null, 'operator');
  const { queries } = platform.parts;
  expect(await queries.application(operator, 'acme', 'shop')).toEqual(shop);
  expect(await queries.application(operator, 'beta', 'shop')).toBeUndefined();
  expect((await queries.tenants(operator)).map(({ name }) => name)).toEqual(['acme', 'beta']);
  expect(await queries.build(operator, build.uid)).toEqual(build);
  expect((await queries.events(operator, { after: 0, limit: 5 })).length).toBe(5);
  const { type } = (await queries.events(operator, { tenant: 'beta', after: 0, limit: 5 }))[0]!;
  expect(type).toBe('disk.recovered');
  const within = await queries.events(operator, { application: 'shop', after: 0, limit: 500 });
  expect(new Set(within.map(({ tenant, application }) => `${tenant}/${application}`))).toEqual(new Set(['acme/shop']));
});

describe('a token of one application', () => {
  const own = (role: Principal['role']): Principal => of('acme', role, 'shop');
  const others = (role: Principal['role']): Principal => of('acme', role, 'blog');

  /** What is the tenant's as a whole, or the platform's, and so not for such a token at all. */
  const TENANTS: readonly (keyof Queries)[] = [
    ...(['auditRecords', 'credentials', 'instanceTokens', 'hostCluster', 'hostClusters', 'platformHealth'] as const),
  ];

  test.each(TENANTS)('may not read %s, which are the tenant’s or the platform’s', async (name) => {
    expect(await told(() => QUERIES[name](platform.parts.queries, own('admin')))).toMatch(/^FORBIDDEN: /);
  });

  test.each((Object.keys(QUERIES) as (keyof Queries)[]).filter((name) => !TENANTS.includes(name)))(
    'reads by %s what is its application’s, and nothing else',
    async (name) => {
      expect(await told(() => QUERIES[name](platform.parts.queries, own('admin')))).not.toMatch(
        /^(null|\[\]|[A-Z_]+:)/,
      );
      // What a tenant may have at all, and uses of it, every token of it may know.
      if (PLATFORMS.includes(name) || name === 'tenants' || name === 'tenantUse') return;
      const told2 = await told(() => QUERIES[name](platform.parts.queries, others('admin')));
      const known =
        {
          ...{ instanceLive: [instance.uid], replayDecision: [decision.uid] },
          releaseDifference: [release.uid],
        }[name as string] ?? [];
      for (const trace of traces().filter((trace) => trace !== 'acme' && !known.includes(trace)))
        expect(told2).not.toContain(trace);
    },
  );

  test.each((Object.keys(FEEDS) as (keyof Feeds)[]).filter((name) => !name.startsWith('hostCluster')))(
    'follows by %s what is its application’s, and nothing else',
    async (name) => {
      // What a task prints may be a secret that it was given.
      const least = name === 'task' ? 'deployer' : 'viewer';
      expect(await first((signal) => FEEDS[name](platform.parts.feeds, own(least), signal))).toMatch(/^\{.+\}$/s);
      if (name === 'events') return;
      expect(await first((signal) => FEEDS[name](platform.parts.feeds, others(least), signal))).toMatch(
        /^(NOT_FOUND|FORBIDDEN): /,
      );
    },
  );

  test.each(ABOUT_SOMETHING)('changes by %s nothing of another application', async (name) => {
    if (name === 'uploadSource') return;
    const answer = await told(() => MUTATIONS[name](platform.parts.mutations, others('admin'), 'acme'));
    // A token that it makes is for its own application, too.
    expect(answer).toMatch(name === 'createToken' ? /"application":"blog"/ : /^(NOT_FOUND|FORBIDDEN): /);
  });

  test('sees its own events only', async () => {
    const types = async (principal: Principal) =>
      new Set((await platform.parts.queries.events(principal, { after: 0, limit: 500 })).map(({ type }) => type));
    expect(await types(own('viewer'))).toContain('build.succeeded');
    expect(await types(own('viewer'))).not.toContain('policy.created');
    expect(await types(of('acme', 'viewer'))).toContain('policy.created');
    expect([...(await types(others('viewer')))]).toEqual([]);
  });

  test('may name its own application where events are asked for, and no other', async () => {
    const { queries, feeds } = platform.parts;
    const asked = (principal: Principal) => queries.events(principal, { application: 'shop', after: 0, limit: 500 });
    expect(await asked(own('viewer'))).toEqual(await asked(of('acme', 'viewer')));
    expect(await told(() => asked(others('viewer')))).toMatch(/^FORBIDDEN: /);
    const followed = (principal: Principal) =>
      first((signal) => feeds.events(principal, { application: 'shop', after: 0 }, signal));
    expect(await followed(own('viewer'))).toContain('"application":"shop"');
    expect(await followed(others('viewer'))).toMatch(/^FORBIDDEN: /);
  });

  test('may not apply the tenant’s policies, nor make itself a wider token', async () => {
    const { mutations } = platform.parts;
    const manifests = document('AutoscalingPolicy', 'wild', { maximum: 50 });
    await expect(mutations.apply(own('deployer'), { manifests })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(
      mutations.createToken(own('admin'), { name: 'wide', role: 'viewer', application: 'blog' }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
