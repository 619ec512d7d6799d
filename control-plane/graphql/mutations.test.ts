import { afterAll, beforeEach, beforeAll, describe, expect, test } from '@jest/globals';
import { getNamedType } from 'graphql';
import { ArtifactError, RequestError, SourceError, StoreUnavailable } from '../app/errors.ts';
import { buildSchema } from './schema.ts';
import { everythingOf } from './testing/everything.ts';
import * as sample from './testing/records.ts';
import { serve, type Served } from './testing/serve.ts';

let served: Served;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => served.close());
beforeEach(() => {
  served.useCases.calls.length = 0;
  served.useCases.failures.clear();
});

const REF = { application: 'shop-1', alias: 'web' };
/** An input for every mutation, what the app shall be asked with it, and by whose token (the deployer's if absent). */
const INPUTS: Readonly<Record<string, { input: object; asked: object; token?: string }>> = {
  createTenant: {
    input: { name: 'gamma', quota: { instances: 3, logBytes: null } },
    asked: { name: 'gamma', quota: { instances: 3 } },
    token: 'operator-token',
  },
  setTenantQuota: {
    input: { name: 'acme', quota: { memoryBytes: 5_000_000_000 } },
    asked: { name: 'acme', quota: { memoryBytes: 5_000_000_000 } },
    token: 'operator-token',
  },
  deleteTenant: {
    input: { name: 'acme', cascade: true, repeatedName: 'acme' },
    asked: { name: 'acme', cascade: true, repeatedName: 'acme' },
    token: 'operator-token',
  },
  createToken: {
    input: { name: 'ci', role: 'DEPLOYER', application: 'shop-1', expiresInSeconds: 3600 },
    asked: { name: 'ci', role: 'deployer', application: 'shop-1', neverExpires: false, expiresInSeconds: 3600 },
    token: 'admin-token',
  },
  revokeToken: { input: { uid: sample.token.uid }, asked: { uid: sample.token.uid }, token: 'admin-token' },
  apply: {
    input: { manifests: 'kind: Application', fileName: 'app.yaml', tenant: 'acme', expectedGeneration: 0 },
    asked: {
      manifests: 'kind: Application',
      fileName: 'app.yaml',
      tenant: 'acme',
      dryRun: false,
      expectedGeneration: 0,
    },
  },
  deleteApplication: {
    input: { name: 'shop-1', expectedGeneration: 4 },
    asked: { name: 'shop-1', expectedGeneration: 4 },
  },
  deletePolicy: {
    input: { kind: 'AUTOSCALING_POLICY', name: 'calm' },
    asked: { kind: 'AutoscalingPolicy', name: 'calm' },
  },
  deploy: {
    input: {
      ref: REF,
      uploadDigest: `sha256-${'ab'.repeat(32)}`,
      manifests: 'kind: Application',
      fileName: 'app.yaml',
      expectedGeneration: 0,
    },
    asked: {
      ...REF,
      uploadDigest: `sha256-${'ab'.repeat(32)}`,
      manifests: { manifests: 'kind: Application', fileName: 'app.yaml', expectedGeneration: 0 },
    },
  },
  restart: { input: { ref: REF, reason: 'a leak' }, asked: { ...REF, reason: 'a leak' } },
  rollback: { input: { ref: REF, releaseNumber: 7 }, asked: { ...REF, releaseNumber: 7 } },
  scale: {
    input: { ref: REF, instances: 4, kind: 'FLOOR', reason: 'sale', forSeconds: 600, expectedGeneration: 5 },
    asked: { ...REF, instances: 4, kind: 'floor', reason: 'sale', forSeconds: 600, expectedGeneration: 5 },
  },
  clearOverride: { input: { ref: REF }, asked: REF },
  freeze: {
    input: { reason: 'an incident', forSeconds: 7200 },
    asked: { reason: 'an incident', forSeconds: 7200 },
    token: 'operator-token',
  },
  unfreeze: { input: {}, asked: {}, token: 'operator-token' },
  pause: { input: { ref: REF, reason: 'incident' }, asked: { ...REF, reason: 'incident' } },
  stop: { input: { ref: REF, reason: 'maintenance' }, asked: { ...REF, reason: 'maintenance' } },
  start: { input: { ref: REF, expectedGeneration: 5 }, asked: { ...REF, expectedGeneration: 5 } },
  resume: { input: { ref: REF, expectedGeneration: 5 }, asked: { ...REF, expectedGeneration: 5 } },
  setShadow: { input: { ref: REF, shadow: true }, asked: { ...REF, shadow: true } },
  configure: {
    input: { ref: { application: 'shop-1' }, set: [{ name: 'A', value: '1' }], unset: ['B'] },
    asked: { application: 'shop-1', set: [{ name: 'A', value: '1' }], unset: ['B'] },
  },
  setSecrets: {
    input: { ref: REF, secrets: [{ name: 'A', value: 's3cret', delivery: 'FILE' }] },
    asked: { ...REF, secrets: [{ name: 'A', value: 's3cret', delivery: 'file' }] },
  },
  setCertificate: {
    input: { application: 'shop-1', host: 'shop.example.org', chain: 'C', key: 'K', isDefault: true },
    asked: { application: 'shop-1', host: 'shop.example.org', chain: 'C', key: 'K', isDefault: true },
  },
  deleteCertificate: {
    input: { application: 'shop-1', host: 'shop.example.org' },
    asked: { application: 'shop-1', host: 'shop.example.org' },
  },
  setCredential: {
    input: { name: 'forge', kind: 'LOGIN', hosts: ['git.example.org'], username: 'ann', value: 's3cret' },
    asked: { name: 'forge', kind: 'password', hosts: ['git.example.org'], username: 'ann', value: 's3cret' },
  },
  runTask: {
    input: { ref: REF, command: ['node', 'migrate.js'], releaseNumber: 2, timeoutSeconds: 60 },
    asked: { ...REF, command: ['node', 'migrate.js'], releaseNumber: 2, timeoutSeconds: 60 },
  },
  stopTask: { input: { uid: sample.task.uid }, asked: { uid: sample.task.uid } },
  backtestPolicy: {
    input: { ref: REF, policy: 'kind: AutoscalingPolicy', fileName: 'calm.yaml', from: '2026-03-01T00:00:00Z' },
    asked: { ...REF, policy: 'kind: AutoscalingPolicy', fileName: 'calm.yaml', from: Date.UTC(2026, 2, 1) },
  },
  cancelBacktest: { input: { uid: sample.backtest.uid }, asked: { uid: sample.backtest.uid } },
  setMetadata: {
    input: { ref: REF, set: [{ key: 'region', value: 'north' }], remove: ['zone'], expectedGeneration: 3 },
    asked: { ...REF, set: [{ key: 'region', value: 'north' }], remove: ['zone'], expectedGeneration: 3 },
  },
  deleteCredential: { input: { name: 'forge' }, asked: { name: 'forge' } },
  registerHostCluster: {
    input: {
      ...{ name: 'frankfurt', kubeconfig: 'kind: Config', context: 'main', ca: 'PEM', probeImage: 'probe:1' },
      ...{ brokerUrl: 'mqtts://broker.example', controlPlaneUrl: 'https://cartwright.example' },
    },
    asked: {
      ...{ name: 'frankfurt', kubeconfig: 'kind: Config', context: 'main', ca: 'PEM', probeImage: 'probe:1' },
      ...{ brokerUrl: 'mqtts://broker.example', controlPlaneUrl: 'https://cartwright.example' },
      ...{ inCluster: false, skipProbe: false },
    },
    token: 'operator-token',
  },
  rotateHostCluster: {
    input: { name: 'frankfurt', inCluster: true, expectedGeneration: 3 },
    asked: { name: 'frankfurt', inCluster: true, expectedGeneration: 3 },
    token: 'operator-token',
  },
  probeHostCluster: {
    input: { name: 'frankfurt', probeImage: 'probe:2' },
    asked: { name: 'frankfurt', probeImage: 'probe:2' },
    token: 'operator-token',
  },
  drainHostCluster: {
    input: { name: 'frankfurt', expectedGeneration: 3 },
    asked: { name: 'frankfurt', expectedGeneration: 3 },
    token: 'operator-token',
  },
  undrainHostCluster: { input: { name: 'frankfurt' }, asked: { name: 'frankfurt' }, token: 'operator-token' },
  removeHostCluster: {
    input: { name: 'frankfurt', force: true },
    asked: { name: 'frankfurt', force: true },
    token: 'operator-token',
  },
  createNotice: {
    input: { name: 'chat', url: 'https://receiver.example/', types: ['instance.*'], application: 'shop-1' },
    asked: {
      name: 'chat',
      url: 'https://receiver.example/',
      types: ['instance.*'],
      application: 'shop-1',
      platform: false,
    },
    token: 'admin-token',
  },
  testNotice: { input: { uid: sample.notice.uid }, asked: { uid: sample.notice.uid }, token: 'admin-token' },
  enableNotice: { input: { uid: sample.notice.uid }, asked: { uid: sample.notice.uid }, token: 'admin-token' },
  deleteNotice: { input: { uid: sample.notice.uid }, asked: { uid: sample.notice.uid }, token: 'admin-token' },
  createSignInLink: {
    input: { path: '/applications/shop-1' },
    asked: { path: '/applications/shop-1', base: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), until: null },
  },
  createWebhook: { input: { ref: REF }, asked: REF },
  rotateWebhook: { input: { ref: REF, overlapSeconds: 60 }, asked: { ...REF, overlapSeconds: 60 } },
  rotateNotice: {
    input: { uid: sample.notice.uid, overlapSeconds: 60 },
    asked: { uid: sample.notice.uid, overlapSeconds: 60 },
    token: 'admin-token',
  },
  deleteWebhook: { input: { ref: REF }, asked: REF },
  unsetSecrets: { input: { ref: REF, names: ['A'] }, asked: { ...REF, names: ['A'] } },
  revokeSecret: {
    input: { ref: REF, name: 'A', version: 2, force: true },
    asked: { ...REF, name: 'A', version: 2, force: true },
  },
  restartInstance: { input: { uid: sample.instance(1).uid }, asked: { uid: sample.instance(1).uid } },
};
/** What changes nothing, and whoever may read may ask for. */
const FOR_VIEWERS = ['backtestPolicy', 'cancelBacktest', 'createSignInLink'];
const fields = Object.values(buildSchema().getMutationType()!.getFields());

interface Payload {
  readonly userErrors: readonly { readonly code: string; readonly message: string; readonly field: string | null }[];
}

async function mutate(name: string, input: object, selection = '', token?: string) {
  const type = fields.find((field) => field.name === name)!.args[0]!.type;
  const query = `mutation ($input: ${String(type)}) { ${name}(input: $input) { ${selection} userErrors { code message field } } }`;
  const { data, errors } = await served.ask(query, { input }, token);
  return { payload: (data?.[name] ?? undefined) as (Payload & Record<string, unknown>) | undefined, errors };
}

describe('every mutation', () => {
  test.each(fields)('$name asks the app and answers all fields of its payload', async (field) => {
    const { input, asked, token } = INPUTS[field.name]!;
    const query = `mutation ($input: ${String(field.args[0]!.type)}) { ${field.name}(input: $input) ${everythingOf(getNamedType(field.type), 3)} }`;
    const { data, errors } = await served.ask(query, { input }, token);
    expect(errors).toBeUndefined();
    const payload = data?.[field.name] as Record<string, unknown>;
    expect(payload.userErrors).toEqual([]);
    expect(Object.values(payload)).not.toContain(null);
    const [call] = served.useCases.calls.filter(({ name }) => name === field.name);
    expect(JSON.parse(JSON.stringify(call?.args[0]))).toEqual(asked);
  });

  const forOthers = fields.filter(({ name }) => !FOR_VIEWERS.includes(name));
  test.each(forOthers)('$name is refused to a viewer as an error of the request', async (field) => {
    const { payload, errors } = await mutate(field.name, INPUTS[field.name]!.input, '', 'viewer-token');
    expect(payload).toBeUndefined();
    expect(errors?.[0]?.extensions).toEqual({ code: 'FORBIDDEN' });
    expect(served.useCases.calls.map((call) => call.name)).toEqual(['authenticate']);
  });

  test.each(fields)('$name asked twice with the same key is carried out once and answered the same', async (field) => {
    const { token, input: asked } = INPUTS[field.name]!;
    const input = { ...asked, idempotencyKey: `${field.name}-1` };
    const first = await mutate(field.name, input, '__typename', token);
    const second = await mutate(field.name, input, '__typename', token);
    expect(first.payload?.userErrors).toEqual([]);
    expect(second).toEqual(first);
    expect(served.useCases.calls.filter((call) => call.name === field.name)).toHaveLength(1);
  });
});

describe('a mutation', () => {
  test.each([
    new RequestError('CONFLICT', 'generation 5, not 4: read it again', { field: 'expectedGeneration' }),
    new SourceError('GIT_UNREACHABLE', 'git.example does not answer'),
    new ArtifactError('ARTIFACT_NOT_FOUND', 'upload it again'),
  ])('answers $code as a user error', async (failure) => {
    served.useCases.failures.set('deploy', failure);
    const { payload, errors } = await mutate('deploy', { ref: REF }, 'build { uid }');
    expect(errors).toBeUndefined();
    const { code, message, field = null } = failure;
    expect(payload).toEqual({ build: null, userErrors: [{ code, message, field }] });
  });

  test('names the field that the app found at fault', async () => {
    const input = { ref: { ...REF, alias: 'none' }, instances: 1, reason: 'test' };
    const { payload } = await mutate('scale', input, 'serviceCluster { uid }');
    expect(payload).toEqual({
      serviceCluster: null,
      userErrors: [{ code: 'NOT_FOUND', message: 'shop-1 has no alias none', field: 'ref.alias' }],
    });
  });

  test.each([
    ['scale', { ref: REF, instances: -1, reason: 'test' }, 'instances'],
    ['scale', { ref: REF, instances: 10_001, reason: 'test' }, 'instances'],
    ['scale', { ref: REF, instances: 1, reason: '' }, 'reason'],
    ['scale', { ref: REF, instances: 1, reason: 'x'.repeat(501) }, 'reason'],
    ['scale', { ref: REF, instances: 1, reason: 'test', forSeconds: 0 }, 'forSeconds'],
    ['scale', { ref: { ...REF, application: 'a'.repeat(41) }, instances: 1, reason: 'test' }, 'ref.application'],
    ['rollback', { ref: REF, releaseNumber: 0 }, 'releaseNumber'],
    ['deploy', { ref: REF, uploadDigest: 'sha256-zz' }, 'uploadDigest'],
    ['resume', { ref: REF, idempotencyKey: 'two words' }, 'idempotencyKey'],
    ['resume', { ref: REF, idempotencyKey: 'k'.repeat(101) }, 'idempotencyKey'],
  ])('%s with %j is INVALID at %3$s and reaches no use case', async (name, input, field) => {
    const { payload, errors } = await mutate(name, input);
    expect(errors).toBeUndefined();
    expect(payload?.userErrors).toEqual([
      { code: 'INVALID', message: expect.stringContaining(field.split('.').at(-1)!), field },
    ]);
    expect(served.useCases.calls.map((call) => call.name)).toEqual(['authenticate']);
  });

  test('refuses a key that came with another input', async () => {
    await mutate('pause', { ref: REF, reason: 'one', idempotencyKey: 'reused' });
    const { payload } = await mutate('pause', { reason: 'two', ref: REF, idempotencyKey: 'reused' });
    expect(payload?.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED', field: 'idempotencyKey' }]);
    const again = await mutate('pause', { reason: 'one', ref: REF, idempotencyKey: 'reused' });
    expect(again.payload?.userErrors).toEqual([]);
  });

  test('may have the key that another mutation had', async () => {
    await mutate('pause', { ref: REF, reason: 'one', idempotencyKey: 'shared' });
    const { payload } = await mutate(
      'resume',
      { ref: REF, idempotencyKey: 'shared' },
      'serviceCluster { paused { reason } }',
    );
    expect(payload).toEqual({ serviceCluster: { paused: null }, userErrors: [] });
  });

  test('says that the store is not there as an error of the request, without its cause', async () => {
    const failure = new StoreUnavailable('STORE_BUSY', 'the database is busy; try again', {
      cause: new Error('SQLITE_BUSY'),
    });
    served.useCases.failures.set('pause', failure);
    const { payload, errors } = await mutate('pause', { ref: REF, reason: 'test' });
    expect(payload).toBeUndefined();
    expect(errors).toMatchObject([
      { extensions: { code: 'STORE_BUSY', correlationId: expect.any(String) as unknown } },
    ]);
    expect(JSON.stringify(errors)).not.toContain('SQLITE');
  });
});
