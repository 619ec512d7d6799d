import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { buildASTSchema, parse } from 'graphql';
import { RequestError } from '../app/errors.ts';
import { buildSchema, printSdl } from './schema.ts';
import * as sample from './testing/records.ts';
import { serve, type GraphQLAnswer, type Served } from './testing/serve.ts';

let served: Served;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => served.close());
beforeEach(() => {
  served.useCases.failures.clear();
  served.useCases.calls.length = 0;
  served.log.length = 0;
});

const CALLER = JSON.stringify({ query: '{ caller { name } }' });
const codes = (answer: GraphQLAnswer) => answer.errors?.map((error) => error.extensions.code);
const answerOf = async (response: Response) => (await response.json()) as GraphQLAnswer;

describe('authentication', () => {
  test.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['an unknown token', 'Bearer unknown'],
    ['another scheme', 'Basic deployer-token'],
    ['a token without scheme', 'deployer-token'],
    ['a token with a second word', 'Bearer deployer-token x'],
    ['an endless token', `Bearer ${'x'.repeat(4000)}`],
    ['a name of JavaScript’s own', 'Bearer __proto__'],
  ])('refuses %s with 401 and does not read the body', async (_name, authorization) => {
    const response = await fetch(served.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
      body: '{ this is no JSON',
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="cartwright"');
    expect(codes(await answerOf(response))).toEqual(['UNAUTHENTICATED']);
  });

  test('refuses introspection without a token', async () => {
    expect(codes(await served.ask('{ __schema { types { name } } }', {}, null))).toEqual(['UNAUTHENTICATED']);
  });

  test('takes the scheme in any case', async () => {
    const response = await served.post(CALLER, { authorization: 'bearer viewer-token' });
    expect(await answerOf(response)).toEqual({ data: { caller: { name: 'viewer' } } });
  });

  test('ignores cookies and tokens in the address', async () => {
    const response = await fetch(`${served.url}?authorization=Bearer%20viewer-token&token=viewer-token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: 'authorization=Bearer viewer-token' },
      body: CALLER,
    });
    expect(response.status).toBe(401);
  });

  test('masks a failing lookup of the token', async () => {
    served.useCases.failures.set('authenticate', new Error('no such table: tokens'));
    const response = await served.post(CALLER);
    expect(response.status).toBe(500);
    const answer = await answerOf(response);
    expect(codes(answer)).toEqual(['INTERNAL']);
    expect(JSON.stringify(answer)).not.toContain('tokens');
  });

  test('does not let a tenant’s token name another tenant', async () => {
    const answer = await served.ask('{ applications(tenant: "other") { edges { cursor } } }');
    expect(codes(answer)).toEqual(['FORBIDDEN']);
  });
});

describe('errors', () => {
  test('that nobody expected are masked, and logged under the id in the answer', async () => {
    served.useCases.failures.set('tenants', new TypeError('cannot read /etc/shadow of null'));
    const { data, errors } = await served.ask('{ tenants { name } }');
    expect(data).toBeNull();
    expect(errors).toHaveLength(1);
    const { message, extensions, path } = errors![0]!;
    expect(path).toEqual(['tenants']);
    expect(extensions).toEqual({ code: 'INTERNAL', correlationId: expect.stringMatching(/^[0-9a-z]{26}$/) });
    expect(message).toBe(`internal error; the control plane's log says more under ${String(extensions.correlationId)}`);
    expect(served.log).toMatchObject([
      { level: 50, correlationId: extensions.correlationId, err: { message: 'cannot read /etc/shadow of null' } },
    ]);
  });

  test('of a record that breaks the schema are masked, too', async () => {
    const broken = { ...sample.instance(1), uid: 'broken', createdAt: Number.NaN, state: 'dancing' };
    const { instance } = served.useCases.queries;
    Object.assign(served.useCases.queries, { instance: async () => broken });
    try {
      const { errors } = await served.ask('{ a: instance(uid: "x") { state } b: instance(uid: "x") { createdAt } }');
      expect(errors?.map((error) => error.extensions.code)).toEqual(['INTERNAL', 'INTERNAL']);
      expect(JSON.stringify(errors)).not.toContain('dancing');
    } finally {
      Object.assign(served.useCases.queries, { instance });
    }
  });

  test('that the app foresaw keep their code, message and field, and no cause', async () => {
    const cause = new Error('secret detail');
    served.useCases.failures.set('events', new RequestError('INVALID', 'too far back', { field: 'after', cause }));
    const { errors } = await served.ask('{ events { edges { cursor } } }');
    expect(errors).toMatchObject([{ message: 'too far back', extensions: { code: 'INVALID', field: 'after' } }]);
    expect(JSON.stringify(errors)).not.toContain('secret detail');
    expect(served.log).toEqual([]);
  });

  test('of one field leave the others', async () => {
    served.useCases.failures.set('applicationUrl', new Error('gone'));
    const { data, errors } = await served.ask('{ application(name: "shop-1") { name url } }');
    expect(data).toEqual({ application: { name: 'shop-1', url: null } });
    expect(errors?.map((error) => error.path)).toEqual([['application', 'url']]);
  });

  test.each([
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ tenants { name }', 'GRAPHQL_PARSE_FAILED'],
    ['query A { caller { name } } query B { caller { name } }', 'OPERATION_RESOLUTION_FAILURE'],
    ['query ($uid: ID!) { instance(uid: $uid) { uid } }', 'BAD_USER_INPUT'],
    ['{ applications(first: "many") { edges { cursor } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription { events { __typename } }', 'BAD_REQUEST'],
  ])('of %s say what is wrong', async (query, code) => {
    const answer = await served.ask(query);
    expect(codes(answer)).toEqual([code]);
    expect(served.log).toEqual([]);
  });

  test.each([
    ['query ($first: Int) { applications(first: $first) { edges { cursor } } }', { first: 'many' }],
    ['query ($after: SafeInt) { logs(ref: { application: "shop-1" }, after: $after) { text } }', { after: 1e300 }],
    ['mutation ($input: ScaleInput!) { scale(input: $input) { userErrors { code } } }', { input: { force: true } }],
  ])('of the variables of %s say what is wrong', async (query, variables) => {
    const { errors } = await served.ask(query, variables);
    for (const error of errors!) expect(error.extensions.code).toBe('BAD_USER_INPUT');
    expect(errors![0]!.message).toContain('Variable "$');
    expect(served.log).toEqual([]);
  });

  test('say which of several operations could run', async () => {
    const query = 'query A { caller { name } } query B { caller { role } }';
    const response = await served.post(JSON.stringify({ query, operationName: 'B' }));
    expect(await answerOf(response)).toEqual({ data: { caller: { role: 'DEPLOYER' } } });
  });
});

describe('HTTP', () => {
  test('refuses batches', async () => {
    const response = await served.post(`[${CALLER},${CALLER}]`);
    expect(response.status).toBe(400);
    expect(codes(await answerOf(response))).toEqual(['BAD_REQUEST']);
  });

  test.each([
    ['no JSON', '{ no JSON', 400],
    ['an array of nothing', '[]', 400],
    ['a text', '"{ caller { name } }"', 400],
    ['null', 'null', 400],
    ['no query', '{}', 400],
    ['a query that is no text', '{"query": 7}', 400],
    ['variables that are no object', '{"query": "{ caller { name } }", "variables": "x"}', 400],
    ['a key of JavaScript’s own', '{"query": "{ nothing }", "__proto__": {"query": "{ caller { name } }"}}', 400],
  ])('answers %s with a GraphQL error', async (_name, body, status) => {
    const response = await served.post(body);
    expect(response.status).toBe(status);
    expect((await answerOf(response)).errors).toHaveLength(1);
    expect(served.log).toEqual([]);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'refuses a body of %s: a page of another site could send it',
    async (type) => {
      const response = await served.post(CALLER, { 'content-type': type });
      expect(response.status).toBe(400);
      expect(served.useCases.calls.map((call) => call.name)).toEqual(['authenticate']);
    },
  );

  test('answers a query by GET only with a header that a simple form cannot send, and no mutation', async () => {
    const get = (query: string, headers: object = {}) =>
      fetch(`${served.url}?query=${encodeURIComponent(query)}`, {
        headers: { authorization: 'Bearer viewer-token', ...headers },
      });
    expect((await get('{ caller { name } }')).status).toBe(400);
    const allowed = await get('{ caller { name } }', { 'apollo-require-preflight': 'yes' });
    expect(await answerOf(allowed)).toEqual({ data: { caller: { name: 'viewer' } } });
    const mutation = await get(
      'mutation { resume(input: {ref: {application: "a", alias: "b"}}) { userErrors { code } } }',
      {
        'apollo-require-preflight': 'yes',
      },
    );
    expect(mutation.status).toBe(405);
  });

  test('keeps no persisted queries', async () => {
    const hash = 'a'.repeat(64);
    const extensions = { persistedQuery: { version: 1, sha256Hash: hash } };
    const response = await served.post(JSON.stringify({ extensions }));
    expect(codes(await answerOf(response))).toEqual(['PERSISTED_QUERY_NOT_SUPPORTED']);
  });

  test('serves a schema that clients can build from its text', () => {
    expect(buildASTSchema(parse(printSdl(buildSchema()))).getQueryType()?.name).toBe('Query');
  });
});
