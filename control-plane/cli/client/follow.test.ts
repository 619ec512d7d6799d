import { expect, test } from '@jest/globals';
import { ConnectionLost } from './failures.ts';
import { follow } from './follow.ts';

async function* items<T>(...values: (T | Error)[]): AsyncGenerator<T> {
  for (const value of values) {
    if (value instanceof Error) throw value;
    yield value;
  }
}

const lost = (): ConnectionLost => new ConnectionLost('the connection was lost');
const never = new AbortController().signal;

test('it goes on after the last item when a connection is lost, and says so once for each', async () => {
  const opened: (number | undefined)[] = [];
  const connections = [items<number>(1, 2, lost()), items<number>(lost()), items<number>(3)];
  const said: string[] = [];
  const seen: number[] = [];
  const feed = follow<number>({
    open(last) {
      opened.push(last);
      return connections.shift() ?? items<number>();
    },
    ends: 'itself',
    signal: never,
    onLost: (error) => said.push(error.message),
  });
  for await (const item of feed) seen.push(item);
  expect(seen).toEqual([1, 2, 3]);
  expect(opened).toEqual([undefined, 2, 2]);
  expect(said).toEqual(['the connection was lost']);
});

test('a feed that never ends by itself is opened again when it does', async () => {
  const connections = [items(1), items(2)];
  const feed = follow<number>({
    open: () => connections.shift()!,
    ends: 'never',
    signal: never,
    onLost: () => undefined,
  });
  expect((await feed.next()).value).toBe(1);
  expect((await feed.next()).value).toBe(2);
  await feed.return();
});

test('it gives up when its patience is over', async () => {
  const feed = follow<number>({
    open: () => items<number>(lost()),
    ends: 'never',
    signal: never,
    onLost: () => undefined,
    patienceMilliseconds: 0,
  });
  await expect(feed.next()).rejects.toBeInstanceOf(ConnectionLost);
});

test('any other failure ends it at once', async () => {
  const feed = follow<number>({
    open: () => items<number>(new Error('no such thing')),
    ends: 'never',
    signal: never,
    onLost: () => undefined,
  });
  await expect(feed.next()).rejects.toThrow('no such thing');
});

test('an interruption ends the wait for the next connection', async () => {
  const interrupted = new AbortController();
  const feed = follow<number>({
    open: () => items<number>(lost()),
    ends: 'never',
    signal: interrupted.signal,
    onLost: () => interrupted.abort(),
  });
  await expect(feed.next()).rejects.toMatchObject({ name: 'AbortError' });
});
