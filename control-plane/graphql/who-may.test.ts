/**
 * Who may what: docs/access.md, tried. Every query, mutation and subscription of the schema, and every field of every object
 * that they lead to, asked for what is acme's by every kind of token there is, with beta's things beside it.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isObjectType, type GraphQLField } from 'graphql';
import type { Role, TokenRecord } from '../app/records/tenants.ts';
import { application, document } from '../app/testing/manifests.ts';
import { buildSchema } from './schema.ts';
import { may, readAccessTable, type Who } from './testing/access-table.ts';
import { EnumValue, everyEdge, literals, metIn, type Arguments, type Met } from './testing/every-edge.ts';
import type { GraphQLAnswer } from './testing/serve.ts';
import { Site } from './testing/site.ts';
import { populate, tracesOf, type Populated } from './testing/two-tenants.ts';

const schema = buildSchema();
const TABLE = readAccessTable();
const fieldsOf = (root: 'Query' | 'Mutation' | 'Subscription'): GraphQLField<unknown, unknown>[] =>
  Object.values((schema.getType(root) as ReturnType<typeof schema.getQueryType>)!.getFields());
const QUERIES = fieldsOf('Query');
const MUTATIONS = fieldsOf('Mutation');
const SUBSCRIPTIONS = fieldsOf('Subscription');

/** Tokens of acme's, or of the platform's: these see what the table says. */
const OWN = {
  operator: { role: 'operator', tenant: null },
  admin: { role: 'admin' },
  deployer: { role: 'deployer' },
  viewer: { role: 'viewer' },
  'admin of one application': { role: 'admin', application: 'acme-shop' },
  'deployer of one application': { role: 'deployer', application: 'acme-shop' },
  'viewer of one application': { role: 'viewer', application: 'acme-shop' },
} as const satisfies Record<string, Partial<TokenRecord>>;
type Own = keyof typeof OWN;
const OWNS = Object.keys(OWN) as Own[];
const isAllowed = (who: Who, own: Own): boolean => may(who, OWN[own].role, 'application' in OWN[own]);

/** Tokens to which none of it is shown, whatever their role. */
const ANOTHERS = ['admin of another tenant', 'admin of another application'] as const;
/** No tokens, as far as anybody is concerned. */
const INVALID = ['none', 'unknown', 'expired', 'revoked'] as const;

let site: Site;
let acme: Populated;
let beta: Populated;
const bearers = new Map<string, string | null>();
/** What each token got by each query; asked once. */
const answers = new Map<string, Promise<GraphQLAnswer>>();

beforeAll(async () => {
  const most = 1e6;
  site = await Site.open({
    limits: { tokens: 1e5, fields: most, depth: 100, cost: 1e12, spreads: most, aliases: most, directives: most },
  });
  ({ acme, beta } = await populate(site.platform));
  const token = async (name: string, of: Partial<TokenRecord>) =>
    bearers.set(name, (await site.token({ name: `${of.tenant === 'beta' ? 'beta' : 'acme'}-${name}`, ...of })).bearer);
  for (const own of OWNS) await token(own, OWN[own]);
  await token('admin of another tenant', { role: 'admin', tenant: 'beta' });
  await token('admin of another application', { role: 'admin', application: 'acme-blog' });
  await token('expired', { role: 'admin', expiresAt: site.platform.now - 1 });
  const revoked = await site.token({ role: 'admin', application: 'acme-shop', expiresAt: site.platform.now + 1e9 });
  await site.platform.database.tokens.save({ ...revoked.record, revokedAt: site.platform.now });
  bearers
    .set('revoked', revoked.bearer)
    .set('none', null)
    .set('unknown', `cw_${'x'.repeat(43)}`);
});
afterAll(() => site[Symbol.asyncDispose]());

const bearerOf = (who: string): string | null => bearers.get(who) ?? null;

/** How everything of one tenant is asked for by its names and uids. */
function argumentsFor(of: Populated): Arguments {
  const { tenant, application: name } = of;
  const ref = { tenant, application: name, alias: 'web' };
  const range = { from: '2020-01-01T00:00:00Z', to: '2040-01-01T00:00:00Z' };
  return {
    'Query.application': { tenant, name },
    'Query.applications': { tenant, first: 50 },
    'Query.auditRecords': { tenant, first: 50 },
    'Query.backtest': { uid: of.backtest },
    'Query.build': { uid: of.build },
    'Query.checkRepository': { tenant, url: 'https://git.example.org/other.git' },
    'Query.credentials': { tenant },
    'Query.decision': { uid: of.decision },
    'Query.events': { tenant, first: 200 },
    'Query.instance': { uid: of.instance },
    'Query.logs': { ref: { tenant, application: name }, last: 10 },
    'Query.policies': { tenant },
    'Query.release': { uid: of.release },
    'Query.replayDecision': { uid: of.decision },
    'Query.searchLogs': { ref: { tenant, application: name } },
    'Query.serviceCluster': { ref },
    'Query.steeringPreview': { ref, action: new EnumValue('PAUSE') },
    'Query.source': { uid: of.source },
    'Query.hostCluster': { name: 'frankfurt' },
    'Query.notices': { tenant },
    'Query.task': { uid: of.task },
    'Query.tokens': { tenant },
    'Query.usage': { tenant, ...range },
    'ServiceCluster.history': { from: '2027-01-15T07:59:00Z', to: '2027-01-15T08:01:00Z', stepSeconds: 1 },
    'ServiceCluster.instances': { includeTerminated: true },
    'Subscription.backtest': { uid: of.backtest },
    'Subscription.build': { uid: of.build },
    'Subscription.decisions': { ref, after: '0' },
    'Subscription.events': { tenant, after: 0 },
    'Subscription.followLogs': { ref: { tenant, application: name }, after: 0 },
    'Subscription.hostCluster': { name: 'frankfurt' },
    'Subscription.logs': { ref: { tenant, application: name }, after: 0 },
    'Subscription.overview': { tenant, application: name },
    'Subscription.rollout': { ref },
    'Subscription.serviceCluster': { ref },
    'Subscription.task': { uid: of.task },
  };
}

/** What each mutation is given: for who may, it changes nothing that is looked at, or is refused for another reason. */
const INPUTS: Readonly<Record<string, (of: Populated, revokedToken: string) => object>> = {
  apply: ({ tenant }) => ({
    tenant,
    dryRun: true,
    manifests: application(`${tenant}-shop`, [{ alias: 'web', cartridge: 'plain' }]),
  }),
  backtestPolicy: (of) => ({
    ...{ ...refOf(of), from: '2027-01-15T06:00:00Z' },
    policy: document('AutoscalingPolicy', 'tried', { factors: { requestsInFlight: { target: 5 } } }),
  }),
  cancelBacktest: ({ backtest: uid }) => ({ uid }),
  clearOverride: (of) => ({ ...refOf(of), expectedGeneration: 99 }),
  configure: (of) => ({ ...refOf(of), set: [{ name: 'SETTING', value: `${of.tenant}-setting` }], unset: [] }),
  createTenant: ({ tenant }) => ({ name: tenant }),
  createNotice: ({ tenant, application: name }) => ({
    ...{ tenant, application: name, name: 'other', url: 'no URL', types: ['*'] },
  }),
  createWebhook: refOf,
  createSignInLink: () => ({ path: '/' }),
  createToken: ({ tenant }) => ({ tenant, name: `${tenant}-viewer`, role: 'VIEWER' }),
  deleteApplication: ({ tenant, application: name }) => ({ tenant, name, expectedGeneration: 99 }),
  deleteCertificate: ({ tenant, application }) => ({ tenant, application, host: `${tenant}.example.org` }),
  deleteCredential: ({ tenant, credential: name }) => ({ tenant, name }),
  deleteNotice: ({ notice: uid }) => ({ uid }),
  deletePolicy: ({ tenant, policy: name }) => ({ tenant, name, kind: 'AUTOSCALING_POLICY' }),
  deleteTenant: ({ tenant }) => ({ name: tenant }),
  deleteWebhook: refOf,
  deploy: (of) => ({ ref: { ...refOf(of).ref, alias: 'lb' } }),
  drainHostCluster: () => ({ name: 'frankfurt', expectedGeneration: 99 }),
  enableNotice: ({ notice: uid }) => ({ uid }),
  freeze: () => ({ reason: 'x' }),
  probeHostCluster: () => ({ name: 'frankfurt', expectedGeneration: 99 }),
  pause: (of) => ({ ...refOf(of), reason: 'x', expectedGeneration: 99 }),
  registerHostCluster: () => ({ name: 'frankfurt', brokerUrl: 'none', controlPlaneUrl: 'none' }),
  removeHostCluster: () => ({ name: 'frankfurt', expectedGeneration: 99 }),
  restartInstance: ({ instance: uid }) => ({ uid }),
  stop: (of) => ({ ...refOf(of), expectedGeneration: 99, reason: 'maintenance' }),
  start: (of) => ({ ...refOf(of), expectedGeneration: 99 }),
  resume: (of) => ({ ...refOf(of), expectedGeneration: 99 }),
  revokeSecret: (of) => ({ ...refOf(of), name: `${of.tenant}_SECRET`, force: false }),
  revokeToken: (_of, uid) => ({ uid }),
  restart: (of) => ({ ...refOf(of), reason: ' ' }),
  rollback: (of) => ({ ...refOf(of), releaseNumber: 1 }),
  rotateHostCluster: () => ({ name: 'frankfurt', kubeconfig: 'none' }),
  rotateWebhook: refOf,
  rotateNotice: ({ notice: uid }) => ({ uid }),
  runTask: (of) => ({ ...refOf(of), command: ['true'] }),
  scale: (of) => ({ ...refOf(of), instances: 2, reason: 'x', expectedGeneration: 99 }),
  setCertificate: ({ tenant, application: name }) => ({
    ...{ tenant, application: name, host: 'shop.example.org', chain: 'none', key: 'none' },
  }),
  setCredential: ({ tenant }) => ({ tenant, name: 'other', kind: 'TOKEN', hosts: ['no host!'], value: 'x' }),
  setMetadata: (of) => ({ ...refOf(of), set: [{ key: 'region', value: of.tenant }] }),
  setSecrets: (of) => ({ ...refOf(of), secrets: [{ name: 'OLD', value: 'x' }] }),
  setShadow: (of) => ({ ...refOf(of), shadow: true, expectedGeneration: 99 }),
  setTenantQuota: ({ tenant }) => ({ name: tenant, quota: {} }),
  testNotice: ({ notice: uid }) => ({ uid }),
  stopTask: ({ task: uid }) => ({ uid }),
  undrainHostCluster: () => ({ name: 'frankfurt', expectedGeneration: 99 }),
  unfreeze: () => ({}),
  unsetSecrets: (of) => ({ ...refOf(of), names: ['OLD'] }),
};
function refOf({ tenant, application: name }: Populated) {
  return { ref: { tenant, application: name, alias: 'web' } };
}

/** A query over everything that a field leads to, asked for what is a tenant's. */
function queryFor(field: GraphQLField<unknown, unknown>, root: 'Query' | 'Subscription', given: Arguments): string {
  const name = `${root}.${field.name}`;
  const text = field.name + literals(given[name] ?? {}, name, field);
  // Of a subscription there may be but one.
  const typename = root === 'Query' ? '__typename ' : '';
  return `{ ${typename}${text} ${everyEdge(field, schema, given)} }`;
}

function answer(field: GraphQLField<unknown, unknown>, who: string): Promise<GraphQLAnswer> {
  const key = `${field.name} ${who}`;
  const known = answers.get(key);
  if (known !== undefined) return known;
  const asking = site.ask(bearerOf(who), queryFor(field, 'Query', argumentsFor(acme)));
  answers.set(key, asking);
  return asking;
}

/** Everything that a token met by all queries: each field as well as it was seen anywhere. */
async function everythingMet(who: string): Promise<Map<string, Met>> {
  const all = new Map<string, Met>();
  for (const field of QUERIES) {
    const { data, errors } = await answer(field, who);
    for (const [name, { isSeen, codes }] of metIn(schema, data, errors)) {
      const met = all.get(name) ?? { isSeen: false, codes: new Set<string>() };
      met.isSeen ||= isSeen;
      for (const code of codes) met.codes.add(code);
      all.set(name, met);
    }
  }
  return all;
}

/** An answer without what the caller said itself. */
function without(text: string, said: Populated): string {
  let rest = text;
  for (const value of Object.values(said) as string[]) rest = rest.replaceAll(value, '');
  return rest;
}

const objectFields = Object.values(schema.getTypeMap())
  .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
  .flatMap((type) => (isObjectType(type) ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`) : []));

test('docs/access.md says of every field of the schema who may see it, and of nothing else', () => {
  expect({ 'fields that docs/access.md does not have': objectFields.filter((name) => !TABLE.has(name)) }).toEqual({
    'fields that docs/access.md does not have': [],
  });
  expect([...TABLE.keys()].filter((name) => !objectFields.includes(name))).toEqual([]);
  expect(Object.keys(INPUTS).toSorted()).toEqual(MUTATIONS.map(({ name }) => name).toSorted());
});

describe('every field of every object', () => {
  test.each(OWNS)('is shown to the %s as docs/access.md says', async (own) => {
    const asOperator = await everythingMet('operator');
    const met = await everythingMet(own);
    const wrong: string[] = [];
    for (const [name, who] of TABLE) {
      const { isSeen, codes } = met.get(name) ?? { isSeen: false, codes: new Set() };
      if (!isAllowed(who, own)) {
        if (isSeen) wrong.push(`${name} is shown`);
      } else if (codes.size > 0) wrong.push(`${name} is refused: ${[...codes].join(', ')}`);
      else if (asOperator.get(name)?.isSeen === true && !isSeen) wrong.push(`${name} is not shown`);
    }
    expect(wrong).toEqual([]);
  });

  test('is met by an operator, so that the others could be told something', async () => {
    const met = await everythingMet('operator');
    const types = new Set([...met.keys()].map((name) => name.split('.')[0]!));
    const answered = Object.values(schema.getTypeMap()).filter(
      (type) => isObjectType(type) && !type.name.startsWith('__') && !NOT_BY_QUERY.test(type.name),
    );
    expect(
      answered
        .filter(({ name }) => !types.has(name))
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(RARE.toSorted());
  });
});

/** Answers of mutations and items of subscriptions alone. */
const NOT_BY_QUERY =
  /^(Mutation|Subscription|UserError|AppliedObject|.*Payload|.*FeedItem|BuildProgress|TaskProgress|TaskOutput|Gap|ConfigurationRelease|.*Snapshot|Overview.*|Attention|InstanceCounts|BalancerShare|RecentDemand)$/;
/** What takes a failure, a gap, a certificate's end, a host's call or a real provider first; each is a plain part of an object that is met here. */
const RARE = [
  'Blocked',
  'DrainError',
  'GitSourceProblem',
  'UploadOrigin',
  'Reason',
  'Draining',
  'WebhookDelivery',
  'WebhookRefusal',
  'NoticeDisabled',
  'NoticeError',
  'NoticeSuccess',
  'LogGap',
  'HostClusterFailure',
  'HostClusterProbeFailure',
  'PodResources',
  'PendingInstanceToken',
  'EndingCertificate',
  'ProviderObject',
  'Refusal',
  'ArtifactChange',
  'CartridgeChange',
  'ReleasePartChange',
  'SourceChange',
  'Stop',
  'VariableChange',
];

describe('what is refused is so at once, by role:', () => {
  test.each(QUERIES.map((field) => [field.name, field] as const))('%s', async (name, field) => {
    const who = TABLE.get(`Query.${name}`)!;
    for (const own of OWNS.filter((candidate) => !isAllowed(who, candidate))) {
      const { errors } = await answer(field, own);
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
    }
  });
});

describe('nothing of the tenant is in any answer to', () => {
  test.each(ANOTHERS)('the %s', async (another) => {
    const traces = await tracesOf(site.platform, acme, another.endsWith('tenant') ? 'tenant' : 'application');
    const own = await tracesOf(site.platform, { tenant: 'acme', application: 'acme-blog' }, 'application');
    for (const field of QUERIES) {
      const text = without(JSON.stringify(await answer(field, another)), acme);
      for (const trace of traces.filter((candidate) => !own.includes(candidate)))
        if (text.includes(trace)) throw new Error(`Query.${field.name} tells ${trace}: ${text.slice(0, 500)}`);
    }
  });

  test('an admin of another tenant who asks for its own', async () => {
    const traces = await tracesOf(site.platform, acme, 'tenant');
    const bearer = bearerOf('admin of another tenant');
    for (const field of QUERIES) {
      const { data, errors } = await site.ask(bearer, queryFor(field, 'Query', argumentsFor(beta)));
      if (TABLE.get(`Query.${field.name}`)!.least === 'operator') {
        expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
        continue;
      }
      expect(errors).toBeUndefined();
      const text = JSON.stringify(data);
      for (const trace of traces) if (text.includes(trace)) throw new Error(`Query.${field.name} tells ${trace}`);
    }
  });
});

describe('without a valid token', () => {
  test.each(INVALID)('(%s) no query is answered', async (invalid) => {
    for (const field of QUERIES) {
      const { data, errors } = await answer(field, invalid);
      expect(data).toBeUndefined();
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED']);
    }
  });
});

describe('every mutation', () => {
  /** Of acme's things, as they are recorded. */
  const recorded = async (): Promise<string> => {
    const { database } = site.platform;
    const nouns = [
      'applications',
      'clusters',
      'policies',
      'certificates',
      'credentials',
      'notices',
      'hostClusters',
      'sources',
      'releases',
      'secretVersions',
      'tokens',
    ] as const;
    return JSON.stringify(await Promise.all([...nouns, 'tenants' as const].map((noun) => database[noun].find({}))));
  };
  const refused = ['FORBIDDEN', 'NOT_FOUND', 'UNAUTHENTICATED'];

  test.each(MUTATIONS.map(({ name }) => name))('%s', async (name) => {
    const who = TABLE.get(`Mutation.${name}`)!;
    const gone = await site.token({ role: 'viewer', application: 'acme-shop' });
    await site.platform.database.tokens.save({ ...gone.record, revokedAt: site.platform.now });
    const input = INPUTS[name]!(acme, gone.record.uid);
    const before = await recorded();
    // A link signs in whoever asks for it, and is about nothing else.
    const others = name === 'createSignInLink' ? [] : ANOTHERS;
    for (const another of [...others, ...INVALID]) {
      const { code, message, payload } = await site.mutate(bearerOf(another), name, input);
      // A token that one makes oneself is of oneself.
      if (name === 'createToken' && another === 'admin of another application') continue;
      expect([another, code]).toEqual([another, expect.stringMatching(/^(FORBIDDEN|NOT_FOUND|UNAUTHENTICATED)$/)]);
      const text = without(JSON.stringify({ message, payload }), acme);
      expect(text).not.toContain('acme-');
    }
    for (const own of OWNS.filter((candidate) => !isAllowed(who, candidate)))
      expect([own, (await site.mutate(bearerOf(own), name, input)).code]).toEqual([own, 'FORBIDDEN']);
    expect(await recorded()).toBe(before);
    const [certificate] = await site.platform.database.certificates.find({ tenant: acme.tenant });
    const notice = await site.platform.database.notices.get(acme.notice);
    for (const own of OWNS.filter((candidate) => isAllowed(who, candidate))) {
      // What it takes away is there again for the next one.
      if (name === 'deleteWebhook') await site.mutate(bearerOf('operator'), 'createWebhook', refOf(acme));
      if (name === 'deleteCertificate') await site.platform.database.certificates.save(certificate!);
      if (name === 'deleteNotice') await site.platform.database.notices.save(notice!);
      const { code } = await site.mutate(bearerOf(own), name, input);
      expect([own, refused.includes(String(code)) ? code : 'may']).toEqual([own, 'may']);
    }
  });
});

describe('every subscription', () => {
  /** Its first item, or its error, as a text that says which. */
  const first = async (field: GraphQLField<unknown, unknown>, who: string): Promise<string> => {
    const items = site.subscribe(
      bearerOf(who) ?? '',
      `subscription ${queryFor(field, 'Subscription', argumentsFor(acme))}`,
    );
    try {
      const { value } = (await items.next()) as { value: unknown };
      return JSON.stringify(value);
    } catch (error) {
      // Errors of the operation, or the connection's end.
      return Array.isArray(error) ? JSON.stringify(error) : `closed: ${(error as { code?: number }).code}`;
    } finally {
      await items.return?.();
    }
  };

  test.each(SUBSCRIPTIONS.map((field) => [field.name, field] as const))('%s', async (name, field) => {
    const who = TABLE.get(`Subscription.${name}`)!;
    for (const own of OWNS) {
      const told = await first(field, own);
      if (isAllowed(who, own))
        expect([own, told]).toEqual([own, expect.stringMatching(/^\{"data":\{"\w+":\[?\{(?!.*"errors")/)]);
      else expect([own, told]).toEqual([own, expect.stringContaining('FORBIDDEN')]);
    }
    for (const another of ANOTHERS) {
      const told = await first(field, another);
      const traces = await tracesOf(site.platform, acme, another.endsWith('tenant') ? 'tenant' : 'application');
      for (const trace of traces)
        expect([another, without(told, acme)]).not.toEqual([another, expect.stringContaining(trace)]);
      if (!(name === 'events' && another === 'admin of another application'))
        expect([another, told]).toEqual([another, expect.stringMatching(/NOT_FOUND|FORBIDDEN/)]);
    }
    for (const invalid of INVALID) expect([invalid, await first(field, invalid)]).toEqual([invalid, 'closed: 4403']);
  });
});

/** Named, so that a role without a token of its own cannot go untried. */
test('every role has a token here', () => {
  const roles: readonly Role[] = ['operator', 'admin', 'deployer', 'viewer'];
  expect(roles.filter((role) => !OWNS.some((own) => OWN[own].role === role))).toEqual([]);
});
