/** Every mutation of the schema leaves an audit record, however it ends and whichever way it comes. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isInputObjectType } from 'graphql';
import { buildSchema } from '../schema.ts';
import { application } from '../../app/testing/manifests.ts';
import type { AuditRecord } from '../../app/records/audit.ts';
import { anyInput } from '../testing/inputs.ts';
import { Site } from '../testing/site.ts';

const schema = buildSchema();
const MUTATIONS = Object.keys(schema.getMutationType()!.getFields());

let site: Site;
let operator: string;
let viewer: string;
beforeAll(async () => {
  site = await Site.open();
  operator = (await site.token({ name: 'root', role: 'operator', tenant: null })).bearer;
  viewer = (await site.token({ name: 'looker' })).bearer;
  await site.platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
});
afterAll(() => site[Symbol.asyncDispose]());

const all = (): Promise<AuditRecord[]> => site.platform.database.audit.find({}, {});
const added = async (work: () => Promise<unknown>): Promise<AuditRecord[]> => {
  const { length } = await all();
  await work();
  return (await all()).slice(length);
};
const inputOf = (mutation: string, named: object = {}): object => {
  const type = schema.getType(`${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`);
  if (!isInputObjectType(type)) throw new Error(`${mutation} has no input of its name`);
  return anyInput(type, { ...named }) as object;
};

test('each is known by its name to the use cases, so that both record the same', () => {
  const useCases = Object.keys(site.platform.parts.mutations).filter((name) => name !== 'uploadSource');
  expect(MUTATIONS.toSorted()).toEqual(useCases.toSorted());
});

describe.each(MUTATIONS)('%s', (mutation) => {
  test('is recorded when the caller may not, or names nothing that there is', async () => {
    const [record, ...others] = await added(() => site.mutate(viewer, mutation, inputOf(mutation)));
    expect(others).toEqual([]);
    expect(record).toMatchObject({ mutation, outcome: 'refused', before: null, after: null, tenant: 'acme' });
    expect(record).toMatchObject({ actor: { name: 'looker', role: 'viewer', tenant: 'acme' } });
    expect(record!.code).toMatch(/^(FORBIDDEN|INVALID|NOT_FOUND)$/);
    expect(record!.address).toMatch(/127\.0\.0\.1$/);
  });

  test('is recorded when its input is refused before anybody looked at it', async () => {
    const input = inputOf(mutation, { idempotencyKey: 'with space\u0000' });
    const [record, ...others] = await added(() => site.mutate(operator, mutation, input));
    expect(others).toEqual([]);
    expect(record).toMatchObject({ mutation, outcome: 'refused', code: 'INVALID' });
    expect(record!.idempotencyKey).toBe('with space\uFFFD');
  });

  test('is recorded when an operator asks for it', async () => {
    const records = await added(() => site.mutate(operator, mutation, inputOf(mutation, { idempotencyKey: mutation })));
    expect(records.length).toBeGreaterThan(0);
    for (const record of records) expect(record).toMatchObject({ mutation, idempotencyKey: mutation });
    expect(new Set(records.map(({ request }) => request)).size).toBe(1);
  });
});

const PAUSE = { ref: { application: 'shop', alias: 'web', tenant: 'acme' }, reason: 'sale' };

test('one that is asked again with its key is recorded as unchanged, with another input as refused', async () => {
  const ask = (reason: string) => site.mutate(operator, 'pause', { ...PAUSE, reason, idempotencyKey: 'again' });
  const records = await added(async () => {
    await ask('sale');
    await ask('sale');
    await ask('another');
  });
  expect(records.map(({ outcome, code }) => [outcome, code])).toEqual([
    ['done', null],
    ['unchanged', null],
    ['refused', 'IDEMPOTENCY_KEY_REUSED'],
  ]);
});

test('one by websocket has its place, too', async () => {
  const query = `mutation ($input: PauseInput!) { pause(input: $input) { userErrors { code } } }`;
  const [record] = await added(() => site.subscribe(operator, query, { input: PAUSE }).next());
  expect(record).toMatchObject({ mutation: 'pause', outcome: 'done', object: { name: 'shop/web' } });
  expect(record!.address).toMatch(/127\.0\.0\.1$/);
});

test('an upload over HTTP is one as well', async () => {
  const upload = (bearer: string) =>
    fetch(`${site.url}/upload/source`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/gzip' },
      body: 'no archive',
    });
  const records = await added(async () => {
    await upload(viewer);
    await upload(operator);
  });
  expect(records.map(({ mutation, code }) => [mutation, code])).toEqual([
    ['uploadSource', 'FORBIDDEN'],
    ['uploadSource', 'ARTIFACT_INVALID'],
  ]);
});

describe('the connection', () => {
  const ask = (bearer: string, args: string) =>
    site.ask(
      bearer,
      `{ auditRecords(${args}) { edges { cursor node { mutation outcome code requestId actor { uid name role }
           object { kind name } before after address } } pageInfo { hasPreviousPage startCursor } } }`,
    );
  interface Page {
    readonly edges: readonly { readonly node: Readonly<Record<string, unknown>> }[];
    readonly pageInfo: { readonly hasPreviousPage: boolean; readonly startCursor: string };
  }

  test('goes page by page, newest page first, with filters', async () => {
    const admin = (await site.token({ name: 'ann', role: 'admin' })).bearer;
    for (const reason of ['1', '2', '3']) await site.mutate(admin, 'pause', { ...PAUSE, reason });
    const which = 'actor: "ann", object: "shop/web", outcome: DONE';
    const newest = (await ask(admin, `${which}, last: 2`)).data?.auditRecords as Page;
    expect(newest.edges.map(({ node }) => node.after)).toMatchObject([
      { 'paused.reason': '2' },
      { 'paused.reason': '3' },
    ]);
    expect(newest.pageInfo.hasPreviousPage).toBe(true);
    const before = (await ask(admin, `${which}, last: 2, before: "${newest.pageInfo.startCursor}"`)).data;
    expect((before?.auditRecords as Page).edges).toHaveLength(1);
    expect((before?.auditRecords as Page).edges[0]!.node).toMatchObject({
      actor: { name: 'ann', role: 'ADMIN' },
      object: { kind: 'ServiceCluster', name: 'shop/web' },
      address: expect.stringContaining('127.0.0.1') as unknown,
    });
  });

  test('is for nobody below an admin', async () => {
    const { data, errors } = await ask(viewer, 'first: 5');
    expect(data).toBeNull();
    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });
});
