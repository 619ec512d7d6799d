/** Two tenants that have everything there is to have, each under names of its own, and what the others would know them by. */
import { selfSigned } from '../../../test/support/certificate.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { Agents } from '../../app/testing/agents.ts';
import { recordPast } from '../../app/testing/recorded-demand.ts';
import { application, document } from '../../app/testing/manifests.ts';
import { OPERATOR, type Platform } from '../../app/testing/platform.ts';
import { kubeconfig } from '../../app/host-clusters/testing/kubeconfig.ts';
import type { Principal } from '../../app/principal.ts';

/** What is there of one tenant, as its queries name it. */
export interface Populated {
  readonly tenant: string;
  readonly application: string;
  readonly policy: string;
  readonly credential: string;
  readonly cluster: string;
  readonly instance: string;
  readonly decision: string;
  readonly release: string;
  readonly build: string;
  readonly source: string;
  readonly notice: string;
  readonly task: string;
  readonly backtest: string;
  /** A digest that it uploaded. */
  readonly upload: string;
}

/** Steps of a second until everything runs, is measured and decided about. */
const STEPS = 8;

/** Gives `acme` and `beta` an application each that serves from Git, and `acme` a second one, `acme-blog`. */
export async function populate(platform: Platform): Promise<{ readonly acme: Populated; readonly beta: Populated }> {
  const agents = new Agents(platform);
  for (const tenant of ['acme', 'beta']) await ask(platform, tenant);
  await platform.parts.mutations.apply(adminOf('acme'), {
    manifests: application('acme-blog', [{ alias: 'web', cartridge: 'plain' }]),
  });
  for (let step = 0; step < STEPS; step += 1) {
    await platform.pass();
    agents.step();
    platform.now += 1000;
    platform.parts.meter.pass();
    platform.parts.history.tick();
  }
  platform.hostClusters.add('https://10.0.0.1:6443');
  await platform.parts.mutations.registerHostCluster(OPERATOR, {
    ...{ name: 'frankfurt', kubeconfig: kubeconfig(), skipProbe: true },
    ...{ brokerUrl: 'mqtts://broker.example:8883', controlPlaneUrl: 'https://cartwright.example' },
  });
  await platform.parts.mutations.freeze(OPERATOR, { reason: 'a trial' });
  const populated: Populated[] = [];
  for (const tenant of ['acme', 'beta']) populated.push(await found(platform, tenant));
  await platform.parts.meter.store();
  await platform.parts.recorded();
  return { acme: populated[0]!, beta: populated[1]! };
}

function adminOf(tenant: string): Principal {
  return { token: `${tenant}-admin-token`, name: `${tenant}-admin`, role: 'admin', tenant, application: null };
}

async function ask(platform: Platform, tenant: string): Promise<void> {
  const { mutations } = platform.parts;
  const admin = adminOf(tenant);
  const named = (what: string) => `${tenant}-${what}`;
  const [shop, forge, calm] = [named('shop'), named('forge'), named('calm')];
  const git = { url: `https://git.example.org/${shop}.git`, credentials: forge };
  const host = 'git.example.org';
  await mutations.setCredential(admin, { name: forge, kind: 'token', hosts: [host], value: named('credential-value') });
  await mutations.apply(admin, {
    manifests:
      document('AutoscalingPolicy', calm, { maximum: 5 }) +
      application(shop, [{ alias: 'web', cartridge: 'node', autoscaling: calm, source: { git } }]),
  });
  const ref = { application: shop, alias: 'web' };
  const { build } = await mutations.deploy(admin, ref);
  await eventually('the build', async () => (await platform.database.builds.get(build.uid))?.state === 'succeeded');
  const value = named('secret-value');
  const name = named('SECRET').replace('-', '_');
  await mutations.setSecrets(admin, { ...ref, secrets: [{ name, value, delivery: 'file' }] });
  await mutations.setSecrets(admin, {
    application: shop,
    secrets: [{ name: 'COMMON', value, delivery: 'environment' }],
  });
  await mutations.configure(admin, {
    application: shop,
    set: [{ name: 'SETTING', value: named('setting') }],
    unset: [],
  });
  const old = { name: 'OLD', value, delivery: 'environment' as const };
  await mutations.setSecrets(admin, { ...ref, secrets: [old] });
  await mutations.unsetSecrets(admin, { ...ref, names: ['OLD'] });
  // Lies over the application's.
  await mutations.configure(admin, { ...ref, set: [{ name: 'SETTING', value: named('setting') }], unset: [] });
  await mutations.scale(admin, { ...ref, instances: 2, kind: 'floor', reason: named('reason') });
  const region = { key: 'region', value: named('setting') };
  await mutations.setMetadata(admin, { ...ref, set: [region], remove: [] });
  await mutations.setMetadata(admin, { application: shop, set: [region], remove: [] });
  await mutations.createWebhook(admin, ref);
  const { cert: chain, key } = selfSigned(`${tenant}.example.org`);
  await mutations.setCertificate(admin, {
    ...{ application: shop, host: `${tenant}.example.org`, chain, key, isDefault: true },
  });
  await mutations.createNotice(admin, {
    ...{ name: named('notice'), application: shop, url: 'https://receiver.example/', types: ['*'] },
  });
  await mutations.pause(admin, { ...ref, reason: named('reason') });
  platform.logs.append({ tenant, name: shop }, [
    {
      ...{ kind: 'line', at: platform.now, level: null, alias: 'web', instance: 'anything', release: null },
      ...{ stream: 'stdout', text: named('line') },
    },
  ]);
}

async function found(platform: Platform, tenant: string): Promise<Populated> {
  const application = `${tenant}-shop`;
  const cluster = platform.cluster('web', application, tenant);
  await platform.decide(cluster, false);
  const { uid } = cluster.record;
  const decision = await eventually('the decision', async () => {
    const [first] = await platform.database.decisions.find({ cluster: uid });
    return first;
  });
  const [release] = await platform.database.releases.find({ cluster: uid });
  const [build] = await platform.database.builds.find({ cluster: uid });
  const upload = `sha256-${(tenant === 'acme' ? 'a' : 'b').repeat(64)}`;
  const asked = { application, alias: 'web', command: [`${tenant}-command`] };
  const task = await platform.parts.mutations.runTask(adminOf(tenant), asked);
  const { now } = platform;
  await platform.database.uploads.save({
    uid: `${tenant}-upload`,
    tenant,
    digest: upload,
    bytes: 1,
    createdAt: now,
    by: 'x',
  });
  const [notice] = await platform.database.notices.find({ tenant });
  await recordPast(platform.database.history, cluster, {
    ...{ from: now - 7_200_000, to: now - 3_600_000, demand: () => 12, serviceSeconds: 0.2, active: 2 },
  });
  const backtest = await platform.parts.mutations.backtestPolicy(adminOf(tenant), {
    ...{ application, alias: 'web', from: now - 7_200_000 },
    policy: document('AutoscalingPolicy', `${tenant}-tried`, { factors: { requestsInFlight: { target: 5 } } }),
  });
  await eventually('the backtest', async () => {
    const found = await platform.parts.queries.backtest(adminOf(tenant), backtest.uid);
    return found?.outcome.state === 'succeeded';
  });
  const instance = cluster.live()[0]!;
  const hookFailure = { hook: 'after-start', message: `${tenant}-failure`, at: now };
  platform.parts.journal.update(cluster, instance, { hookFailure });
  return {
    notice: notice!.uid,
    ...{ tenant, application, policy: `${tenant}-calm`, credential: `${tenant}-forge`, cluster: uid, upload },
    ...{ instance: instance.record.uid, decision: decision.uid, release: release!.uid },
    ...{ build: build!.uid, source: build!.source, task: task.uid },
    backtest: backtest.uid,
  };
}

/** Nouns whose records belong to one application. */
const OF_APPLICATIONS = [
  'clusters',
  'sources',
  'builds',
  'releases',
  'rollouts',
  'secretVersions',
  'webhooks',
  'instances',
  'tasks',
  'decisions',
] as const;
const OF_TENANTS = ['tenants', 'tokens', 'policies', 'credentials', 'notices'] as const;

/** Uids of all that is recorded of a tenant, or of one of its applications, and the names that nothing else has. */
export async function tracesOf(
  platform: Platform,
  { tenant, application }: Pick<Populated, 'tenant' | 'application'>,
  whole: 'tenant' | 'application',
): Promise<string[]> {
  const { database } = platform;
  const names = [application, `${tenant}-setting`, `${tenant}-reason`, `${tenant}-line`, `${tenant}_SECRET`];
  const uids: string[] = (await database.applications.find({ tenant, name: application })).map(({ uid }) => uid);
  const clusters = (await database.clusters.find({ tenant, application })).map(({ uid }) => uid);
  for (const noun of OF_APPLICATIONS)
    for (const record of await database[noun].find({ tenant })) if (isOf(record, clusters)) uids.push(record.uid);
  if (whole === 'application') return [...names, ...uids];
  for (const noun of OF_TENANTS)
    for (const record of await database[noun].find({})) {
      const owner = 'tenant' in record ? record.tenant : record.name;
      if (owner === tenant) uids.push(record.uid);
    }
  const audit = await database.audit.find({ tenant }, {});
  return [...names, `${tenant}-`, `"${tenant}"`, ...uids, ...audit.map(({ uid }) => uid)];
}

function isOf(record: object, clusters: readonly string[]): boolean {
  const { uid, cluster, owner } = record as { uid: string; cluster?: string; owner?: string };
  return clusters.some((known) => known === uid || known === cluster || known === owner);
}
