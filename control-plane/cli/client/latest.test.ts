import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { latest } from './latest.ts';

const never = new AbortController().signal;
const at = { pauseMilliseconds: 0, signal: never };

test('what comes while nobody asks is passed over, but for the newest', async () => {
  let push = (): void => undefined;
  const pushed = new Promise<void>((resolve) => (push = resolve));
  async function* feed() {
    yield 1;
    await pushed;
    yield* [2, 3, 4];
  }
  const items = latest(feed, at);
  expect((await items.next()).value).toBe(1);
  push();
  await delay(0);
  expect((await items.next()).value).toBe(4);
  expect((await items.next()).done).toBe(true);
});

test('it fails as the feed does, behind its last item', async () => {
  async function* feed() {
    yield 1;
    throw new Error('gone');
  }
  const items = latest(feed, at);
  expect((await items.next()).value).toBe(1);
  await expect(items.next()).rejects.toThrow('gone');
});

test('the feed is closed when nobody reads any more, also while it waits for its next item', async () => {
  let isClosed = false;
  async function* feed(signal: AbortSignal) {
    yield 1;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    isClosed = true;
  }
  for await (const item of latest(feed, at)) {
    expect(item).toBe(1);
    break;
  }
  expect(isClosed).toBe(true);
});

test('an interruption ends the pause between two items', async () => {
  const interrupted = new AbortController();
  async function* feed() {
    yield* [1, 2];
  }
  const items = latest(feed, { pauseMilliseconds: 3_600_000, signal: interrupted.signal });
  await items.next();
  const next = items.next();
  interrupted.abort();
  await expect(next).rejects.toMatchObject({ name: 'AbortError' });
});
