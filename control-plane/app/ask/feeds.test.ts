import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import type { Principal } from '../principal.ts';
import type { EventRecord } from '../records/events.ts';
import type { BuildRecord } from '../records/sources.ts';
import { application } from '../testing/manifests.ts';
import { Platform } from '../testing/platform.ts';

const ANN: Principal = { token: 'token-of-ann', name: 'ann', role: 'deployer', tenant: 'acme', application: null };
const ref = { application: 'shop', alias: 'web' };
let platform: Platform;
let abort: AbortController;

beforeEach(async () => {
  platform = await Platform.open();
  abort = new AbortController();
  await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
});
afterEach(async () => {
  abort.abort();
  await platform[Symbol.asyncDispose]();
});

const web = () => platform.cluster('web');
const feeds = () => platform.parts.feeds;
const scale = (instances: number) =>
  platform.parts.mutations.scale(ANN, { ...ref, instances, kind: 'pin', reason: 'sale' });

/** Reads one item at a time, when the test says. */
function reader<T>(feed: AsyncIterable<T>): { next: () => Promise<T>; end: () => Promise<boolean> } {
  const iterator = feed[Symbol.asyncIterator]();
  return {
    next: async () => {
      const result = await iterator.next();
      if (result.done === true) throw new Error('the feed has ended');
      return result.value;
    },
    end: async () => (await iterator.next()).done === true,
  };
}

describe('a service cluster', () => {
  test('is told as it is, then with each change', async () => {
    const { next } = reader(feeds().cluster(ANN, ref, abort.signal));
    expect(await next()).toMatchObject({ cluster: { generation: 1, override: null }, instances: [], rollout: null });
    await scale(3);
    expect((await next()).cluster.override?.instances).toBe(3);
  });

  test('is looked at once after each change, for all who follow it', async () => {
    const readers = Array.from({ length: 3 }, () => reader(feeds().cluster(ANN, ref, abort.signal)));
    const first = await Promise.all(readers.map(({ next }) => next()));
    expect(new Set(first).size).toBe(1);
    await scale(3);
    const second = await Promise.all(readers.map(({ next }) => next()));
    expect(new Set(second).size).toBe(1);
    expect(second[0]!.cluster.override?.instances).toBe(3);
  });

  test('is told in its newest state to who reads slowly', async () => {
    const { next } = reader(feeds().cluster(ANN, ref, abort.signal));
    await next();
    for (const instances of [2, 3, 4, 5]) await scale(instances);
    expect((await next()).cluster.override?.instances).toBe(5);
    const pending = next();
    await scale(6);
    expect((await pending).cluster.override?.instances).toBe(6);
  });
});

test.each(['cluster', 'decisions', 'events', 'logs', 'rollout'] as const)(
  '%s: the feed ends when its reader goes, also while it waits',
  async (name) => {
    const open = {
      cluster: () => feeds().cluster(ANN, ref, abort.signal),
      decisions: () => feeds().decisions(ANN, ref, {}, abort.signal),
      events: () => feeds().events(ANN, {}, abort.signal),
      logs: () => feeds().logs(ANN, ref, { filter: {} }, abort.signal),
      rollout: () => feeds().rollout(ANN, ref, abort.signal),
    }[name];
    await platform.parts.recorded();
    const { next, end } = reader<unknown>(open());
    if (name === 'cluster') await next();
    const ended = end();
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect(await ended).toBe(true);
  },
);

describe('events', () => {
  const sequences = async (read: () => Promise<unknown>, count: number): Promise<number[]> => {
    const found: number[] = [];
    for (let index = 0; index < count; index += 1) found.push(((await read()) as { item: EventRecord }).item.sequence);
    return found;
  };

  test('begin with what comes from now on, or after the sequence that one has seen', async () => {
    await platform.parts.recorded();
    const last = await platform.database.events.last();
    const { next } = reader(feeds().events(ANN, {}, abort.signal));
    const news = next();
    await platform.database.ping();
    await scale(2);
    expect(await news).toMatchObject({ kind: 'item', item: { type: 'cluster.override-set', sequence: last + 1 } });
    const again = reader(feeds().events(ANN, { after: last - 1 }, abort.signal));
    expect(await sequences(again.next, 2)).toEqual([last, last + 1]);
  });

  test('are each told, in order, also to who reads slowly', async () => {
    await platform.parts.recorded();
    const after = await platform.database.events.last();
    const { next } = reader(feeds().events(ANN, { after }, abort.signal));
    const first = next();
    for (let index = 0; index < 250; index += 1)
      platform.parts.events.record({
        tenant: 'acme',
        subject: { kind: 'Test', uid: 'test', name: 'test' },
        type: 'metadata.changed',
      });
    expect(await sequences(async () => first, 1)).toEqual([after + 1]);
    expect((await sequences(next, 249)).at(-1)).toBe(after + 250);
  });

  test('that are no longer kept are a gap', async () => {
    await platform.parts.recorded();
    await scale(2);
    await platform.parts.recorded();
    const last = await platform.database.events.last();
    const month = 31 * 24 * 3600 * 1000;
    platform.now += 14 * month;
    await scale(3);
    await platform.parts.recorded();
    await platform.database.prune(platform.now);
    const { next } = reader(feeds().events(ANN, { after: 1 }, abort.signal));
    expect(await next()).toEqual({ kind: 'gap', after: 1, next: last + 1 });
    expect(await next()).toMatchObject({ kind: 'item', item: { sequence: last + 1 } });
  });
});

describe('decisions', () => {
  beforeEach(async () => {
    await platform.release();
    await platform.pass();
  });
  const decide = async (): Promise<string> => {
    await platform.decide(web(), false);
    platform.now += 1000;
    return web().lastDecision!.uid;
  };

  test('begin with the newest, or after the one that one has seen; then each new row', async () => {
    const first = await decide();
    await scale(3);
    const second = await decide();
    await eventually('both are stored', async () => (await platform.database.decisions.find({})).length === 2);
    const newest = reader(feeds().decisions(ANN, ref, {}, abort.signal));
    expect((await newest.next()).uid).toBe(second);
    const after = reader(feeds().decisions(ANN, ref, { after: first }, abort.signal));
    expect((await after.next()).uid).toBe(second);
    const coming = [newest.next(), after.next()];
    await scale(4);
    const third = await decide();
    expect((await Promise.all(coming)).map(({ uid }) => uid)).toEqual([third, third]);
  });
});

describe('a roll-out', () => {
  test('is told when there is one, with each change of it and with nothing else', async () => {
    const { next } = reader(feeds().rollout(ANN, ref, abort.signal));
    const first = next();
    await scale(2);
    const release = await platform.release();
    await platform.pass();
    expect(await first).toMatchObject({ to: release, state: 'running' });
  });
});

describe('a build', () => {
  const submit = () =>
    platform.parts.pipeline.submit(web(), {
      kind: 'git',
      url: 'https://git.example.org/shop.git',
      ref: 'main',
      commit: 'a'.repeat(40),
      message: '',
      author: 'Ann',
    });
  /** The whole feed, as states and lines. */
  async function whole(uid: string): Promise<{ states: BuildRecord['state'][]; lines: string[] }> {
    const states: BuildRecord['state'][] = [];
    const lines: string[] = [];
    for await (const item of feeds().build(ANN, uid, abort.signal)) {
      states.push(item.build.state);
      lines.push(...item.lines);
    }
    return { states, lines };
  }

  test('is followed to its end, every line once', async () => {
    let goOn = (): void => undefined;
    platform.builder.work = async (_request, line) => {
      for (let index = 0; index < 20; index += 1) line(`line ${index}`);
      await new Promise<void>((resolve) => (goOn = resolve));
      line('the last one');
    };
    const { build } = await submit();
    const following = whole(build.uid);
    await eventually('it runs', () => platform.builder.requests.length === 1);
    await new Promise((resolve) => setImmediate(resolve));
    goOn();
    const { states, lines } = await following;
    expect(states.at(-1)).toBe('succeeded');
    expect(lines.slice(1)).toEqual([...Array.from({ length: 20 }, (_, index) => `line ${index}`), 'the last one']);
  });

  test('that ends between a look and the waiting is not waited for in vain', async () => {
    let goOn = (): void => undefined;
    platform.builder.work = () => new Promise((resolve) => (goOn = resolve));
    const { build } = await submit();
    await eventually('it runs', () => platform.builder.requests.length === 1);
    const { next, end } = reader(feeds().build(ANN, build.uid, abort.signal));
    expect((await next()).build.state).toBe('running');
    goOn();
    await eventually('its end', async () => (await platform.database.builds.get(build.uid))?.state === 'succeeded');
    expect((await next()).build.state).toBe('succeeded');
    expect(await end()).toBe(true);
  });

  test('that has ended is told with its log, at once', async () => {
    const { build } = await submit();
    await eventually('its end', async () => (await platform.database.builds.get(build.uid))?.state === 'succeeded');
    const { states, lines } = await whole(build.uid);
    expect(states).toEqual(['succeeded']);
    expect(lines.at(-1)).toBe('built');
  });

  test('that is not there is told as such', async () => {
    await expect(whole('nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
