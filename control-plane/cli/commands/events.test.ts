import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventRecord } from '../../app/records/events.ts';
import * as sample from '../../graphql/testing/records.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run, start, type Running } from '../testing/run.ts';

const NOW = sample.AT + 300_000;
let controlPlane: TestControlPlane;
let env: Record<string, string>;
let running: Running | undefined;

beforeEach(async () => {
  controlPlane = await startControlPlane();
  env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token' };
});
afterEach(async () => {
  running?.interrupt();
  await running?.ended;
  running = undefined;
  await controlPlane.close();
});

const cli = (line: string) => run(line.split(' '), { env, now: NOW });
const asked = () => controlPlane.calls('events').map(([options]) => options);

/** `events` answers these, page by page. */
function happened(...events: readonly EventRecord[]): void {
  const { useCases } = controlPlane;
  useCases.queries.events = async (_principal, options) => {
    useCases.calls.push({ name: 'events', args: [options] });
    if (!('newest' in options)) throw new Error('the newest are asked for');
    const { before = Number.POSITIVE_INFINITY, types, limit } = options;
    return events.filter(({ sequence, type }) => sequence < before && (types?.includes(type) ?? true)).slice(-limit);
  };
}

const of = (alias: string, sequence: number, minutesAgo = 5): EventRecord => ({
  ...sample.event(sequence),
  at: NOW - minutesAgo * 60_000,
  application: 'shop',
  subject: { kind: 'ServiceCluster', uid: '01cluster00000001', name: `shop/${alias}` },
  type: 'cluster.scaled',
  data: { from: 1, to: sequence, sentence: `from 1 to ${sequence} instances` },
});

describe('what happened', () => {
  test('is a line an event, the newest last: when, to what, and what', async () => {
    happened(of('web', 1, 7), { ...of('api', 2), type: 'cluster.paused', data: { reason: 'an incident', by: 'ann' } });
    expect(await cli('events')).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        '2026-03-01T11:58:00.250Z  service cluster shop/web  cluster.scaled: from 1 to 1 instances',
        '2026-03-01T12:00:00.250Z  service cluster shop/api  cluster.paused: an incident (by ann)',
        '',
      ].join('\n'),
    });
  });

  test('is for programs an array, with -o name what other commands take', async () => {
    happened(of('web', 1), of('web', 2));
    expect(JSON.parse((await cli('events -o json')).stdout)).toMatchObject([{ sequence: 1 }, { sequence: 2 }]);
    expect((await cli('events --limit 1 -o name')).stdout).toBe('event/2\n');
  });

  test('is cut to the width of a terminal, unless -o wide asks for all', async () => {
    const sentence = `from 1 to 2 instances ${'because '.repeat(20)}`.trim();
    happened({ ...of('web', 1), data: { sentence } });
    const shown = async (...more: string[]) =>
      (await run(['events', ...more], { env, now: NOW, isTerminal: true, columns: 60 })).stdout.trimEnd();
    expect(await shown()).toBe('2026-03-01T12:00:00.250Z  service cluster shop/web  cluster…');
    expect(await shown('-o', 'wide')).toContain(sentence);
    expect((await cli('events')).stdout).toContain(sentence);
  });

  test('of an application is asked for as such, of a component chosen from it page by page', async () => {
    happened(
      ...[of('web', 1), of('api', 2)],
      {
        ...of('api', 3),
        subject: { kind: 'Release', uid: '01release', name: 'v3' },
        data: { cluster: 'acme/shop/web' },
      },
      ...Array.from({ length: 200 }, (_, index) => of('api', 4 + index)),
    );
    const events = JSON.parse((await cli('events -a shop/web -o json')).stdout) as { sequence: number }[];
    expect(events.map(({ sequence }) => sequence)).toEqual([1, 3]);
    expect(asked()).toMatchObject([
      { application: 'shop', limit: 201, newest: true },
      { application: 'shop', before: 4 },
    ]);
    expect((await cli('events -a shop/web --limit 1')).stdout).toContain('release v3 of shop/web');
  });

  test('is chosen by type and time, and nothing older than that time is asked for', async () => {
    happened(...Array.from({ length: 300 }, (_, index) => of('web', index + 1, 300 - index)));
    const { stdout } = await cli('events --since 10m --type cluster.scaled cluster.paused --limit 250 -o name');
    expect(stdout.trim().split('\n')).toHaveLength(10);
    expect(asked()).toMatchObject([{ types: ['cluster.scaled', 'cluster.paused'] }]);
  });

  test('may be nothing; a mistyped application is told', async () => {
    happened();
    expect(await cli('events')).toEqual({ code: 0, stdout: '', stderr: 'nothing happened that fits\n' });
    expect((await cli('events -a shop-1')).code).toBe(0);
    expect(await cli('events -a shpo')).toMatchObject({
      code: 4,
      stderr: 'error: there is no application "shpo"; see "cartwright get applications"\n',
    });
  });

  test.each([
    ['--since yesterday', '--since: expected a duration such as 10m or 2h'],
    ['--limit 0', '--limit: expected a whole number from 1 to 100000'],
    ['-a a/b/c', 'expected APPLICATION or APPLICATION/ALIAS, got "a/b/c"'],
  ])('with %s is a usage error', async (options, message) => {
    const { code, stderr } = await cli(`events ${options}`);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });
});

describe('following', () => {
  const follow = (...options: string[]): Running =>
    (running = start(['events', '-f', '-o', 'json', ...options], { env, now: NOW }));
  const sequences = (of: Running) =>
    of
      .stdout()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { sequence: number }).sequence);

  test('goes on after a restart of the control plane without a gap and without a second time', async () => {
    const { useCases, port } = controlPlane;
    const following = follow('--limit', '1');
    await eventually('the subscription', () => useCases.eventFeed.readers === 1);
    expect(controlPlane.calls('feeds.events').at(-1)).toMatchObject([{ after: 10 }]);
    useCases.eventFeed.push({ kind: 'item', item: sample.event(11) }, { kind: 'gap', after: 11, next: 14 });
    await eventually('the loss of events', () => following.stderr().includes('events 12 to 13 are lost'));

    await controlPlane.close();
    await eventually('the loss', () => following.stderr().includes('trying again'));
    controlPlane = await startControlPlane(useCases, port);
    await eventually('the subscription again', () => useCases.eventFeed.readers === 1);
    expect(controlPlane.calls('feeds.events').at(-1)).toMatchObject([{ after: 13 }]);
    useCases.eventFeed.push({ kind: 'item', item: sample.event(14) });
    await eventually('the event', () => sequences(following).includes(14));
    expect(sequences(following)).toEqual([10, 11, 14]);
    following.interrupt();
    expect((await following.ended).code).toBe(130);
  });

  test('begins behind the newest event that there was, whatever was listed, and shows only what fits', async () => {
    const { useCases } = controlPlane;
    happened(of('web', 3), sample.event(10));
    const following = follow('-a', 'shop/web', '--type', 'cluster.scaled');
    await eventually('the subscription', () => useCases.eventFeed.readers === 1);
    expect(controlPlane.calls('feeds.events').at(-1)).toMatchObject([{ application: 'shop', after: 10 }]);
    const paused = { ...of('web', 12), type: 'cluster.paused' };
    for (const item of [of('api', 11), paused, of('web', 13)]) useCases.eventFeed.push({ kind: 'item', item });
    await eventually('the event', () => sequences(following).includes(13));
    expect(sequences(following)).toEqual([3, 13]);
  });
});
