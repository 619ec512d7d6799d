import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery, getNamedType } from 'graphql';
import { buildSchema } from './schema.ts';
import { everythingOf } from './testing/everything.ts';
import * as sample from './testing/records.ts';
import { serve, type Served } from './testing/serve.ts';

let served: Served;
beforeAll(async () => {
  served = await serve({ cost: Infinity, fields: 10_000, tokens: 20_000 });
});
afterAll(() => served.close());

const schema = buildSchema();
/** Arguments of the root queries that need some. */
const NEEDED: Readonly<Record<string, string>> = {
  application: '(name: "shop-1")',
  serviceCluster: '(ref: { application: "shop-1", alias: "web" })',
  instance: `(uid: "${sample.instance(1).uid}")`,
  decision: `(uid: "${sample.decision(1).uid}")`,
  replayDecision: `(uid: "${sample.decision(1).uid}")`,
  checkRepository: '(url: "https://git.example.org/shop")',
  steeringPreview: '(ref: { application: "shop-1", alias: "web" }, action: SCALE, instances: 3)',
  release: `(uid: "${sample.release(1).uid}")`,
  build: `(uid: "${sample.build(1).uid}")`,
  source: `(uid: "${sample.gitSource.uid}")`,
  hostCluster: '(name: "frankfurt")',
  backtest: `(uid: "${sample.backtest.uid}")`,
  task: `(uid: "${sample.task.uid}")`,
  usage: '(from: "2026-03-01T00:00:00Z")',
  logs: '(ref: { application: "shop-1" })',
  searchLogs: '(ref: { application: "shop-1" })',
};

/** What a path of names leads to in an answer. */
function at(data: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], data);
}

describe('every query', () => {
  test.each(Object.values(schema.getQueryType()!.getFields()))('answers all fields of $name', async (field) => {
    const selection = everythingOf(getNamedType(field.type), 5);
    const { data, errors } = await served.ask(`{ ${field.name}${NEEDED[field.name] ?? ''} ${selection} }`);
    expect(errors).toBeUndefined();
    expect(data?.[field.name]).not.toBeNull();
  });

  test('answers introspection to those with a token', async () => {
    const { data, errors } = await served.ask(getIntrospectionQuery());
    expect(errors).toBeUndefined();
    expect(at(data, '__schema', 'queryType', 'name')).toBe('Query');
  });
});

describe('a query', () => {
  test('gives enums, times and large numbers their text', async () => {
    const { data } = await served.ask(`{
      instance(uid: "${sample.instance(1).uid}") {
        state createdAt draining { purpose } live { memoryBytes } cause
        serviceCluster { alias override { kind } application { name } }
      }
      source(uid: "${sample.uploadSource.uid}") { origin { __typename ... on UploadOrigin { bytes } } }
      cartridges { category runtimes version }
    }`);
    expect(data).toEqual({
      instance: {
        state: 'READY_TO_SHUTDOWN',
        createdAt: sample.AT_TEXT,
        draining: { purpose: 'SWITCH' },
        live: { memoryBytes: 5_000_000_000 },
        cause: sample.decision(1).uid,
        serviceCluster: { alias: 'web', override: { kind: 'FLOOR' }, application: { name: 'shop-1' } },
      },
      source: { origin: { __typename: 'UploadOrigin', bytes: 5_000_000_000 } },
      cartridges: [{ category: 'LOAD_BALANCER', runtimes: ['PROCESS', 'CONTAINER'], version: '24' }],
    });
  });

  test('answers null for what does not exist', async () => {
    const { data, errors } = await served.ask('{ application(name: "none") { uid } instance(uid: "none") { uid } }');
    expect(errors).toBeUndefined();
    expect(data).toEqual({ application: null, instance: null });
  });

  test('gives figures of usage without the noise of adding them up', async () => {
    const { data } = await served.ask(
      '{ usage(from: "2026-03-01T00:00:00Z", first: 1) { edges { node { instanceSeconds } } } }',
    );
    expect(data).toEqual({ usage: { edges: [{ node: { instanceSeconds: 3600 } }] } });
  });

  test('says who asks', async () => {
    const { data } = await served.ask('{ caller { name role tenant } }', {}, 'operator-token');
    expect(data).toEqual({ caller: { name: 'operator', role: 'OPERATOR', tenant: null } });
  });

  test('goes from an application down to forecasts, releases and decisions', async () => {
    const { data, errors } = await served.ask(`{
      application(name: "shop-1") {
        url
        clusters {
          live { factors { name forecast { predicted horizonSeconds } } }
          stableRelease { number build { state source { origin { ... on GitOrigin { commit } } } } }
          decisions(last: 1) { edges { node { sentence detail { outcome proposals { needed } clamps { code } } } } }
          rollouts { edges { node { fromRelease { number } toRelease { number } instanceUids } } }
        }
      }
    }`);
    expect(errors).toBeUndefined();
    expect(at(data, 'application')).toMatchObject({
      url: 'http://127.0.0.1:8080/shop-1',
      clusters: [
        {
          live: { factors: [{ name: 'loadAverage', forecast: { predicted: 40, horizonSeconds: 30 } }] },
          stableRelease: { number: 1, build: { state: 'FAILED', source: { origin: { commit: '0'.repeat(40) } } } },
          decisions: {
            edges: [{ node: { sentence: 'decision 120: from 2 to 3 instances', detail: { outcome: 'SCALE_UP' } } }],
          },
          rollouts: { edges: [{ node: { fromRelease: { number: 1 }, toRelease: { number: 2 } } }] },
        },
      ],
    });
  });

  test('looks the same thing up once', async () => {
    served.useCases.calls.length = 0;
    const { errors } = await served.ask(`{
      serviceCluster(ref: { application: "shop-1", alias: "web" }) {
        instances { edges { node { release { number source { uid } } serviceCluster { uid } } } }
      }
    }`);
    expect(errors).toBeUndefined();
    const names = served.useCases.calls.map((call) => call.name).filter((name) => name !== 'authenticate');
    expect(names.sort()).toEqual(['cluster', 'cluster', 'instances', 'release', 'source']);
  });

  test('hands to the app what is to be done, and asks for the number where one is needed', async () => {
    served.useCases.calls.length = 0;
    const ask = (asked: string) =>
      served.ask(`{ steeringPreview(ref: { application: "shop-1", alias: "web" }, ${asked}) { sentence } }`);
    await ask('action: SCALE, instances: 3, kind: FLOOR, forSeconds: 60');
    await ask('action: UNSHADOW');
    await ask('action: RESTART');
    const { errors } = await ask('action: SCALE');
    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID', field: 'instances' });
    expect(served.useCases.calls.filter(({ name }) => name === 'steeringPreview').map(({ args }) => args[1])).toEqual([
      { kind: 'scale', instances: 3, binds: 'floor', forSeconds: 60 },
      { kind: 'unshadow' },
      { kind: 'restart' },
    ]);
  });

  test('hands the log’s range to the app', async () => {
    served.useCases.calls.length = 0;
    await served.ask('{ logs(ref: { application: "shop-1", alias: "web" }, after: 7, limit: 5) { text } }');
    await served.ask('{ logs(ref: { application: "shop-1" }) { text } }');
    const ranges = served.useCases.calls.filter((call) => call.name === 'logs').map((call) => call.args[1]);
    expect(ranges).toEqual([
      { filter: { alias: 'web' }, after: 7, limit: 5 },
      { filter: {}, last: 100, limit: 1000 },
    ]);
    const { errors } = await served.ask('{ logs(ref: { application: "shop-1" }, after: 7, last: 5) { text } }');
    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID', field: 'last' });
  });

  test('hands the question about a repository to the app without what was left out', async () => {
    served.useCases.calls.length = 0;
    const selection = '{ isReadable referenceExists commit { commit authoredAt } problem { field } }';
    const { data } = await served.ask(
      `{ checkRepository(url: "https://git.example.org/shop", branch: "x", tag: null) ${selection} }`,
    );
    expect(data).toEqual({
      checkRepository: {
        ...{ isReadable: true, referenceExists: true, problem: { field: 'branch' } },
        commit: { commit: 'c'.repeat(40), authoredAt: sample.AT_TEXT },
      },
    });
    const asked = { tenant: null, url: 'https://git.example.org/shop', branch: 'x' };
    expect(served.useCases.calls.at(-1)?.args).toEqual([asked]);
    const { errors } = await served.ask(`{ checkRepository(url: "${'x'.repeat(2001)}") { isReadable } }`);
    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID', field: 'url' });
  });

  test('hands a search to the app, and answers where it ended', async () => {
    served.useCases.calls.length = 0;
    served.useCases.logPages.unshift(
      sample.logPage([sample.logGap(7, 8), sample.logLine(9)], { next: { before: 7 }, stopped: 'time' }),
    );
    const ref = 'ref: { application: "shop-1", instance: "000001" }';
    const filter = 'filter: { pattern: "a+", from: "2026-03-01T12:00:00Z", stream: null }';
    const selection = '{ entries { ... on LogLine { text } ... on LogGap { lines } } next stopped reachedAt }';
    const { data } = await served.ask(`{ searchLogs(${ref}, ${filter}, before: 10, limit: 5) ${selection} }`);
    const entries = [{ lines: 1234 }, { text: 'line 9' }];
    expect(data).toEqual({ searchLogs: { entries, next: 7, stopped: 'TIME', reachedAt: sample.AT_TEXT } });
    expect(served.useCases.calls.at(-1)?.args[1]).toEqual({
      filter: { instance: '000001', pattern: 'a+', from: Date.parse('2026-03-01T12:00:00Z') },
      limit: 5,
      range: { before: 10 },
    });
    const { errors } = await served.ask(`{ searchLogs(${ref}, before: 10, after: 5) { next } }`);
    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID', field: 'before' });
  });
});
