import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeCursor, encodeCursor } from './connection.ts';
import { serve, type Served } from './testing/serve.ts';

let served: Served;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => served.close());

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly sentence: string } }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

async function decisions(args: string): Promise<Page> {
  const { data, errors } = await served.ask(`{
    serviceCluster(ref: { application: "shop-1", alias: "web" }) {
      decisions${args} {
        edges { cursor node { sentence } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
  }`);
  expect(errors).toBeUndefined();
  return (data as { serviceCluster: { decisions: Page } }).serviceCluster.decisions;
}

function numbers(page: Page): number[] {
  return page.edges.map((edge) => Number(/\d+/.exec(edge.node.sentence)?.[0]));
}

const count = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a connection', () => {
  test('answers the newest fifty, oldest first, when nothing is asked', async () => {
    const page = await decisions('');
    expect(numbers(page)).toEqual(count(71, 120));
    expect(page.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  test('is walked forward without a hole or a repetition', async () => {
    const seen: number[] = [];
    let after = '';
    for (;;) {
      const page = await decisions(`(first: 50${after})`);
      seen.push(...numbers(page));
      expect(page.pageInfo.hasPreviousPage).toBe(after !== '');
      if (!page.pageInfo.hasNextPage) break;
      after = `, after: "${page.pageInfo.endCursor}"`;
    }
    expect(seen).toEqual(count(1, 120));
  });

  test('is walked backward without a hole or a repetition', async () => {
    const seen: number[] = [];
    let before = '';
    for (;;) {
      const page = await decisions(`(last: 50${before})`);
      seen.unshift(...numbers(page));
      expect(page.pageInfo.hasNextPage).toBe(before !== '');
      if (!page.pageInfo.hasPreviousPage) break;
      before = `, before: "${page.pageInfo.startCursor}"`;
    }
    expect(seen).toEqual(count(1, 120));
  });

  test('hands its filter on', async () => {
    expect(numbers(await decisions('(actionsOnly: true, last: 2)'))).toEqual([117, 119]);
  });

  test('has null cursors on an empty page', async () => {
    const last = (await decisions('(last: 1)')).pageInfo.endCursor;
    const page = await decisions(`(first: 5, after: "${last}")`);
    expect(page.edges).toEqual([]);
    expect(page.pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null });
  });

  test.each([
    ['(first: 0)', 'first'],
    ['(first: 201)', 'first'],
    ['(last: -1)', 'last'],
    ['(first: 1, last: 1)', 'last'],
    ['(after: "AA", last: 1)', 'after'],
    ['(before: "AA", first: 1)', 'before'],
    ['(after: "AA", before: "AA")', 'before'],
    ['(after: "AA")', 'after'],
    ['(last: 1, before: "")', 'before'],
    [`(after: "${encodeCursor('UPPER/CASE')}")`, 'after'],
  ])('refuses %s and names the argument', async (args, field) => {
    const { errors } = await served.ask(`{ applications${args} { edges { cursor } } }`);
    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID', field });
    expect(errors?.[0]?.message).toContain(field);
  });

  test('of events is walked by sequence', async () => {
    const query =
      'query ($after: String) { events(first: 4, after: $after) { edges { cursor node { sequence } } pageInfo { hasNextPage endCursor } } }';
    const seen: number[] = [];
    let after: string | null = null;
    for (;;) {
      const { data }: { data?: unknown } = await served.ask(query, { after });
      const { events } = data as {
        events: { edges: { node: { sequence: number } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
      };
      seen.push(...events.edges.map((edge) => edge.node.sequence));
      if (!events.pageInfo.hasNextPage) break;
      after = events.pageInfo.endCursor;
    }
    expect(seen).toEqual(count(1, 10));
    const { errors } = await served.ask(query, { after: encodeCursor('not-a-number') });
    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID', field: 'after' });
  });

  test('of events is walked back from the newest', async () => {
    const query =
      'query ($before: String) { events(last: 4, before: $before) { edges { node { sequence } } pageInfo { hasPreviousPage hasNextPage startCursor } } }';
    const seen: number[] = [];
    let before: string | null = null;
    for (;;) {
      const { data }: { data?: unknown } = await served.ask(query, { before });
      const { events } = data as {
        events: {
          edges: { node: { sequence: number } }[];
          pageInfo: { hasPreviousPage: boolean; hasNextPage: boolean; startCursor: string };
        };
      };
      seen.unshift(...events.edges.map((edge) => edge.node.sequence));
      expect(events.pageInfo.hasNextPage).toBe(before !== null);
      if (!events.pageInfo.hasPreviousPage) break;
      before = events.pageInfo.startCursor;
    }
    expect(seen).toEqual(count(1, 10));
    const { errors } = await served.ask(query, { before: encodeCursor('not-a-number') });
    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID', field: 'before' });
  });

  test('of events answers the newest when nothing is asked', async () => {
    await served.ask('{ events { edges { cursor } } }');
    const asked = served.useCases.calls.findLast(({ name }) => name === 'events');
    expect(asked?.args[0]).toMatchObject({ newest: true, limit: 51 });
  });
});

describe('a cursor', () => {
  test('comes back as what it was made of', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9-]{1,40}$/), (position) => {
        expect(decodeCursor(encodeCursor(position), 'after')).toBe(position);
      }),
    );
  });

  test('that nobody handed out is refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => decodeCursor(text, 'after')).toThrow(expect.objectContaining({ code: 'INVALID', field: 'after' }));
      }),
    );
  });
});
