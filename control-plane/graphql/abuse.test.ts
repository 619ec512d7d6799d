/** What nobody asks in earnest: each is refused by a limit, soon, with a code, and reaches no use case. */
import { request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { CartwrightError, MessagingError, ProviderError, StoreUnavailable } from '../app/errors.ts';
import { serve, type GraphQLAnswer, type Served } from './testing/serve.ts';
import { WebSockets } from './testing/websockets.ts';

let served: Served;
let sockets: WebSockets;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => served.close());
afterEach(() => sockets.close());
beforeEach(() => {
  sockets = new WebSockets(served.webSocketUrl);
  served.useCases.failures.clear();
  served.useCases.calls.length = 0;
  served.log.length = 0;
});

const codes = (answer: GraphQLAnswer) => answer.errors?.map((error) => error.extensions.code);
const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ');
interface Coded {
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** The errors of an operation over a websocket, whether it was begun or not. */
async function errorsOverWebSocket(query: string): Promise<readonly Coded[]> {
  try {
    const { value } = (await sockets.iterate(query).next()) as { value: { errors?: readonly Coded[] } };
    return value.errors ?? [];
  } catch (errors) {
    return errors as readonly Coded[];
  }
}

const overWebSocket = async (query: string): Promise<unknown[]> =>
  (await errorsOverWebSocket(query)).map(({ extensions }) => extensions.code);
/** On a machine that is busy otherwise, too. */
const SOON_MILLISECONDS = 3000;

function nested(levels: number): string {
  let inner = 'uid';
  for (let level = 0; level < levels; level += 1) inner = `application { clusters { ${inner} } }`;
  return `{ serviceCluster(ref: { application: "shop-1", alias: "web" }) { ${inner} } }`;
}

function introspectedTo(levels: number): string {
  let inner = 'name';
  for (let level = 0; level < levels; level += 1) inner = `fields { type { ${inner} } }`;
  return `{ __schema { types { ${inner} } } }`;
}

/** What it is, and the code that it is refused with. */
const DOCUMENTS: readonly (readonly [what: string, query: string, code: string])[] = [
  ['a hundred levels deep', nested(50), 'OPERATION_TOO_LARGE'],
  ['of ten thousand aliases', `{ ${times(10_000, (i) => `a${i}: __typename`)} }`, 'GRAPHQL_PARSE_FAILED'],
  [
    'of 101 aliases, some in fragments',
    `{ ...a ${times(51, (i) => `a${i}: __typename`)} } fragment a on Query { ${times(50, (i) => `b${i}: __typename`)} }`,
    'OPERATION_TOO_LARGE',
  ],
  [
    'of a fragment that contains itself',
    '{ ...a } fragment a on Query { caller { name } ...a }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'of fragments that go in a circle',
    '{ ...a } fragment a on Query { ...b } fragment b on Query { ...c } fragment c on Query { ...a }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'that puts fragments in a hundred and one times',
    `{ ${times(101, () => '...a')} } fragment a on Query { caller { name } }`,
    'OPERATION_TOO_LARGE',
  ],
  [
    'of fragments that double at each level',
    `{ ...f0 } ${times(45, (i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`)} fragment f45 on Query { caller { name } }`,
    'OPERATION_TOO_LARGE',
  ],
  ['that names the same field two thousand times', `{ caller { ${'name '.repeat(1990)} } }`, 'OPERATION_TOO_LARGE'],
  // Within the number of fields: comparing each with each is what validation itself has enough of.
  ['that names the same objects again and again', `{ ${'caller { name } '.repeat(475)} }`, 'GRAPHQL_VALIDATION_FAILED'],
  ['full of directives', `{ caller { name ${'@include(if: true) '.repeat(60)} } }`, 'OPERATION_TOO_LARGE'],
  ['full of directives that do not exist', `{ caller { name ${times(60, (i) => `@d${i}`)} } }`, 'OPERATION_TOO_LARGE'],
  ['that introspects in circles', introspectedTo(3), 'GRAPHQL_VALIDATION_FAILED'],
  [
    'that introspects a hundred times',
    `{ ${times(60, (i) => `a${i}: __schema { types { fields { type { fields { name } } } } }`)} }`,
    'OPERATION_TOO_LARGE',
  ],
  ['of a page without an end', '{ applications(first: 2147483647) { edges { cursor } } }', 'OPERATION_TOO_LARGE'],
  [
    'of a page that is no number of 32 bits',
    '{ applications(first: 99999999999) { edges { cursor } } }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['of a page of less than nothing', '{ applications(first: -1) { edges { cursor } } }', 'INVALID'],
  ['of variables that have no type', 'query ($a: [[[[Nothing]]]]) { caller { name } }', 'GRAPHQL_VALIDATION_FAILED'],
];

describe('a document', () => {
  test.each(DOCUMENTS)('%s is refused soon', async (_what, query, code) => {
    const before = performance.now();
    const answer = await served.ask(query);
    expect(performance.now() - before).toBeLessThan(SOON_MILLISECONDS);
    expect(new Set(codes(answer))).toEqual(new Set([code]));
    expect(served.useCases.calls.map(({ name }) => name)).toEqual(['authenticate']);
    expect(served.log).toEqual([]);
  });

  test.each(DOCUMENTS)('%s is refused over a websocket, too, and ends no other', async (_what, query, code) => {
    const before = performance.now();
    const found = await overWebSocket(query);
    expect(performance.now() - before).toBeLessThan(SOON_MILLISECONDS);
    expect(new Set(found)).toEqual(new Set([code]));
    expect(served.log).toEqual([]);
    expect(await overWebSocket('{ caller { name } }')).toEqual([]);
  });

  test('fifteen levels deep, and the whole introspection of tools, are answered', async () => {
    const deep = await served.ask(nested(7));
    expect(deep.errors).toBeUndefined();
    const options = {
      specifiedByUrl: true,
      inputValueDeprecation: true,
      schemaDescription: true,
      directiveIsRepeatable: true,
    };
    const introspection = await served.ask(getIntrospectionQuery(options));
    expect(introspection.errors).toBeUndefined();
  });
});

describe('a body', () => {
  test.each([
    [
      'of variables nested a hundred thousand deep',
      `{"query":"{ caller { name } }","variables":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
    ],
    [
      'of a million variables',
      `{"query":"{ caller { name } }","variables":{${Array.from({ length: 60_000 }, (_, i) => `"v${i}":1`).join(',')}}}`,
    ],
  ])('%s is answered, since nothing asks for them', async (_what, body) => {
    const response = await served.post(body);
    expect(response.status).toBe(200);
  });

  test('whose variable is deeper than its type is refused by its name', async () => {
    const query = 'query ($types: [String!]) { events(types: $types) { edges { cursor } } }';
    const variables = `{"types":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    const response = await served.post(`{"query":${JSON.stringify(query)},"variables":${variables}}`);
    const answer = (await response.json()) as GraphQLAnswer;
    expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
    expect(JSON.stringify(answer).length).toBeLessThan(2000);
  });

  test('of a list that is too long for its field is refused', async () => {
    const types = Array.from({ length: 51 }, (_, i) => `t${i}`);
    const query = 'query ($types: [String!]) { events(types: $types) { edges { cursor } } }';
    expect(codes(await served.ask(query, { types }))).toEqual(['INVALID']);
  });

  test('that is compressed is refused: it could be anything when it is not', async () => {
    const response = await served.post('x', { 'content-encoding': 'gzip' });
    expect(response.status).toBe(415);
  });

  test('of a batch is refused, however it is made', async () => {
    const one = '{"query":"{ caller { name } }"}';
    for (const body of [`[${one}]`, `[${one},${one}]`, `{"0":${one},"1":${one}}`]) {
      const answer = (await (await served.post(body)).json()) as GraphQLAnswer;
      expect(codes(answer)).toEqual(['BAD_REQUEST']);
    }
  });

  test('of a batch is refused over a websocket as no message at all', async () => {
    const connection = await sockets.accepted();
    const one = { id: '1', type: 'subscribe', payload: { query: '{ caller { name } }' } };
    connection.send(JSON.stringify([one, one]));
    expect(await connection.closed).toBe(4400);
    const batch = await sockets.accepted();
    batch.send({ ...one, payload: [one.payload, one.payload] });
    expect(await batch.closed).toBe(4400);
  });

  test.each([
    ['of a token', 'Bearer deployer-token', 413],
    ['of nobody', 'Bearer nobody', 401],
    ['of another type', 'Bearer deployer-token', 400],
  ])('%s that comes without an end is answered, and its sender cut off', async (what, authorization, status) => {
    const type = what === 'of another type' ? 'text/plain' : 'application/json';
    const headers = { 'content-type': type, authorization };
    let sending: NodeJS.Immediate | undefined;
    const request = httpRequest(served.url, { method: 'POST', headers });
    const answered = new Promise<number | undefined>((resolve) =>
      request.on('response', ({ statusCode }) => resolve(statusCode)),
    );
    const cut = new Promise<void>((resolve) => request.on('error', () => resolve()).on('close', () => resolve()));
    const write = (): void => {
      if (!request.destroyed) request.write('x'.repeat(64 * 1024), () => (sending = setImmediate(write)));
    };
    write();
    expect(await answered).toBe(status);
    await cut;
    clearImmediate(sending);
  });
});

describe('an error', () => {
  const INTERNALS = [
    new StoreUnavailable('DATABASE_LOCKED', 'the database /var/lib/cartwright/cartwright.db is locked'),
    new ProviderError('DISK_FULL', 'no space left to write /var/lib/cartwright/instances/x'),
    new MessagingError('MESSAGING_NOT_CONNECTED', 'no connection to mqtt://user@10.0.0.7:1883'),
    new CartwrightError('FENCED', 'select fence from lease where id = 7'),
    new Error('SQLITE_ERROR: near "select": syntax error at /usr/lib/node_modules/x.js:1:2'),
  ];

  test.each(INTERNALS)('of the platform’s own parts ($message) tells no more over a websocket', async (failure) => {
    served.useCases.failures.set('tenants', failure);
    const errors = await errorsOverWebSocket('{ tenants { name } }');
    const { code, correlationId } = errors[0]!.extensions;
    expect(code).toBe('code' in failure ? failure.code : 'INTERNAL');
    expect(JSON.stringify(errors)).not.toContain(failure.message);
    expect(JSON.stringify(errors)).not.toMatch(/\/var|\/usr|select|mqtt:|stack|\.js|\.ts/);
    expect(served.log).toMatchObject([{ correlationId, err: { message: failure.message } }]);
  });

  test.each(INTERNALS)(
    'of the platform’s own parts ($message) tells its code and an id, and the rest to the log',
    async (failure) => {
      for (const [name, query] of [
        ['tenants', '{ tenants { name } }'],
        [
          'pause',
          'mutation { pause(input: { ref: { application: "a", alias: "b" }, reason: "c" }) { userErrors { message } } }',
        ],
      ] as const) {
        served.useCases.failures.clear();
        served.log.length = 0;
        served.useCases.failures.set(name, failure);
        const answer = await served.ask(query);
        const { code, correlationId } = answer.errors![0]!.extensions;
        expect(code).toBe('code' in failure ? failure.code : 'INTERNAL');
        const text = JSON.stringify(answer);
        expect(text).not.toContain(failure.message);
        expect(text).not.toMatch(/\/var|\/usr|select|mqtt:|stack|\.js|\.ts/);
        expect(text).toContain(String(correlationId));
        expect(served.log).toMatchObject([{ correlationId, err: { message: failure.message } }]);
      }
    },
  );
});
