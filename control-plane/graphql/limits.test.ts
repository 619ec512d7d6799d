import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DEFAULT_LIMITS } from './limits.ts';
import { serve, type GraphQLAnswer, type Served } from './testing/serve.ts';

let served: Served;
beforeAll(async () => {
  served = await serve({ operationMilliseconds: 400 });
});
afterAll(() => served.close());
beforeEach(() => served.useCases.delays.clear());

const codes = (answer: GraphQLAnswer) => answer.errors?.map((error) => error.extensions.code);

describe('limits', () => {
  test('refuse a body that is too large, with or without its length', async () => {
    const body = JSON.stringify({
      query: '{ caller { name } }',
      variables: { x: 'x'.repeat(DEFAULT_LIMITS.bodyBytes) },
    });
    const response = await served.post(body);
    expect(response.status).toBe(413);
    expect(codes((await response.json()) as GraphQLAnswer)).toEqual(['PAYLOAD_TOO_LARGE']);

    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', authorization: 'Bearer deployer-token' };
      const request = httpRequest(served.url, { method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      request.on('error', reject);
      request.write(body.slice(0, -10));
      request.end(body.slice(-10));
    });
    expect(status).toBe(413);
  });

  test('take a body that is just small enough', async () => {
    const query = JSON.stringify({ query: '{ caller { name } }', variables: { x: '' } });
    const body = query.replace('""', `"${'x'.repeat(DEFAULT_LIMITS.bodyBytes - query.length)}"`);
    expect(Buffer.byteLength(body)).toBe(DEFAULT_LIMITS.bodyBytes);
    expect((await served.post(body)).status).toBe(200);
  });

  test('refuse fields nested too deep, also through fragments', async () => {
    const nest = (levels: number) => {
      let inner = 'uid';
      for (let level = 0; level < levels; level += 1) inner = `application { clusters { ${inner} } }`;
      return inner;
    };
    const ask = (inner: string) => served.ask(`{ application(name: "shop-1") { clusters { ${inner} } } }`);
    expect(codes(await ask(nest(40)))).toEqual(['OPERATION_TOO_LARGE']);
    const spread = await served.ask(
      `{ application(name: "shop-1") { ...a } } fragment a on Application { clusters { ...b } } fragment b on ServiceCluster { ${nest(10)} }`,
    );
    expect(codes(spread)).toEqual(['OPERATION_TOO_LARGE']);
    expect(spread.errors?.[0]?.message).toContain('23 deep; at most 20');
    const deep = await served.ask(`{ application(name: "shop-1") { clusters { ${nest(4)} } } }`);
    expect(deep.errors).toBeUndefined();
  });

  test('refuse fragments that go in circles', async () => {
    const answer = await served.ask(
      '{ application(name: "shop-1") { ...a } } fragment a on Application { clusters { application { ...a } } }',
    );
    expect(codes(answer)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });

  test('refuse a hundred and one aliases', async () => {
    const aliases = (count: number) =>
      Array.from({ length: count }, (_, index) => `a${index}: caller { name }`).join(' ');
    expect((await served.ask(`{ ${aliases(100)} }`)).errors).toBeUndefined();
    const answer = await served.ask(`{ ${aliases(101)} }`);
    expect(codes(answer)).toEqual(['OPERATION_TOO_LARGE']);
    expect(answer.errors?.[0]?.message).toContain('101 aliases; at most 100');
  });

  test('refuse ten thousand aliases at once by the number of tokens', async () => {
    const query = `{ ${Array.from({ length: 10_000 }, (_, index) => `a${index}: __typename`).join(' ')} }`;
    const before = performance.now();
    expect(codes(await served.ask(query))).toEqual(['GRAPHQL_PARSE_FAILED']);
    expect(performance.now() - before).toBeLessThan(3000);
  });

  test('bound the time that the worst document of their size costs', async () => {
    const field = 'application(name: "a") { clusters { uid } } ';
    const query = `{ ${field.repeat(Math.floor((DEFAULT_LIMITS.tokens - 10) / 12))} }`;
    const before = performance.now();
    await served.ask(query);
    expect(performance.now() - before).toBeLessThan(4000);
  });

  test('refuse lists of lists that would be endless, by literal, by variable and by the default of one', async () => {
    const nested = (size: string) => `
      applications(first: ${size}) { edges { node { clusters { decisions(first: ${size}) { edges { node {
        detail { proposals { factor target base } clamps { code from to } } } } } } } } }`;
    const literal = await served.ask(`{ ${nested('200')} }`);
    expect(codes(literal)).toEqual(['OPERATION_TOO_LARGE']);
    expect(literal.errors?.[0]?.message).toContain('shorter pages');
    const query = `query ($n: Int!) { ${nested('$n')} }`;
    expect(codes(await served.ask(query, { n: 200 }))).toEqual(['OPERATION_TOO_LARGE']);
    expect((await served.ask(query, { n: 20 })).errors).toBeUndefined();
    const byDefault = `query ($n: Int = 200) { ${nested('$n')} }`;
    expect(codes(await served.ask(byDefault))).toEqual(['OPERATION_TOO_LARGE']);
    expect((await served.ask(byDefault, { n: 20 })).errors).toBeUndefined();
  });

  test('count a fragment wherever it is spread, without walking it again and again', async () => {
    const levels = 12;
    const fragments = Array.from({ length: levels }, (_, level) => {
      const inner =
        level === 0
          ? 'uid'
          : `a: application { clusters { ...f${level - 1} } } b: application { clusters { ...f${level - 1} } }`;
      return `fragment f${level} on ServiceCluster { ${inner} }`;
    });
    const served2 = await serve({ depth: 1000 });
    try {
      const answer = await served2.ask(
        `{ serviceCluster(ref: { application: "shop-1", alias: "web" }) { ...f${levels - 1} } } ${fragments.join(' ')}`,
      );
      expect(codes(answer)).toEqual(['OPERATION_TOO_LARGE']);
      expect(served2.useCases.calls.map((call) => call.name)).toEqual(['authenticate']);
    } finally {
      await served2.close();
    }
  });

  test('give an operation up that takes too long, and answer what is ready', async () => {
    let release: () => void = () => undefined;
    served.useCases.delays.set('tenants', new Promise<void>((resolve) => (release = resolve)));
    const { data, errors } = await served.ask('{ application(name: "shop-1") { name } tenants { name } }');
    release();
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ path: ['tenants'], extensions: { code: 'TIMED_OUT' } }]);
    expect(errors?.[0]?.message).toContain('0.4 s');
  });
});
