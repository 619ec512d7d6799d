import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { getNamedType, isLeafType, isObjectType, isUnionType, type GraphQLNamedType } from 'graphql';
import { eventually } from '../../test/support/eventually.ts';
import { buildSchema } from './schema.ts';
import { SHARED } from './shared-results.ts';
import * as sample from './testing/records.ts';
import { serve, type Served } from './testing/serve.ts';
import { WebSockets } from './testing/websockets.ts';

let served: Served;
let sockets: WebSockets;
beforeEach(async () => {
  served = await serve();
  sockets = new WebSockets(served.webSocketUrl);
});
afterEach(async () => {
  await sockets.close();
  await served.close();
});

async function next(iterator: AsyncIterator<unknown>): Promise<unknown> {
  const { value } = (await iterator.next()) as { value: { data?: unknown; errors?: unknown } };
  expect(value.errors).toBeUndefined();
  return value.data;
}

/** An event that counts how often it is read. */
function counted() {
  let reads = 0;
  const item = {
    ...sample.overviewItem,
    get removed() {
      reads += 1;
      return ['gone'];
    },
  };
  return { item, reads: () => reads };
}

describe('an event that many are told', () => {
  test('is executed once for all who ask the same of it', async () => {
    const query = 'subscription ($all: Boolean!) { overview { isWhole removed @include(if: $all) } }';
    const same = Array.from({ length: 5 }, () => sockets.iterate(query, { all: true }));
    const less = sockets.iterate(query, { all: false });
    // Each is asked for its first item, and each gets one.
    const told = [...same, less].map(next);
    await eventually('all are there', () => served.useCases.overviewFeed.readers === told.length);
    const { item, reads } = counted();
    served.useCases.overviewFeed.push(...Array.from({ length: 6 }, () => item));
    expect(await Promise.all(told)).toEqual([
      ...Array.from({ length: 5 }, () => ({ overview: { isWhole: true, removed: ['gone'] } })),
      { overview: { isWhole: true } },
    ]);
    expect(reads()).toBe(1);
  });

  test('is told to each under the names that he asks by', async () => {
    const [a, b] = ['a: removed', 'b: removed'].map((field) =>
      sockets.iterate(`subscription { overview { ${field} } }`),
    );
    const told = [a!, b!].map(next);
    await eventually('both are there', () => served.useCases.overviewFeed.readers === 2);
    const { item } = counted();
    served.useCases.overviewFeed.push(item, item);
    expect(await Promise.all(told)).toEqual([{ overview: { a: ['gone'] } }, { overview: { b: ['gone'] } }]);
  });

  test('depends on nothing but itself: no field below has a resolver, or takes an argument', () => {
    const gone = new Set<GraphQLNamedType>();
    const wrong: string[] = [];
    const visit = (type: GraphQLNamedType): void => {
      if (gone.has(type) || isLeafType(type)) return;
      gone.add(type);
      if (isUnionType(type)) type.getTypes().forEach(visit);
      else if (!isObjectType(type)) wrong.push(type.name);
      else
        for (const field of Object.values(type.getFields())) {
          if (field.resolve !== undefined || field.args.length > 0) wrong.push(`${type.name}.${field.name}`);
          visit(getNamedType(field.type));
        }
    };
    const subscriptions = buildSchema().getSubscriptionType()!.getFields();
    for (const name of SHARED) visit(getNamedType(subscriptions[name]!.type));
    expect(gone.size).toBeGreaterThan(5);
    expect(wrong).toEqual([]);
  });
});

test('who leaves lets go of the feed, though nothing comes any more', async () => {
  const iterator = sockets.iterate('subscription { overview { removed } }');
  const waiting = iterator.next();
  await eventually('the feed is read', () => served.useCases.overviewFeed.readers === 1);
  await iterator.return?.();
  await waiting;
  await eventually('the feed is let go', () => served.useCases.overviewFeed.readers === 0);
});
