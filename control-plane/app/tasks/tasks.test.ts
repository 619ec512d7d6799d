import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newUid } from '../../../schema/ids.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { Agents } from '../testing/agents.ts';
import { application, cartridge } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';
import type { TaskProgress } from './use-cases.ts';

let platform: Platform;
let agents: Agents;
const REF = { tenant: 'acme', application: 'shop', alias: 'web' };

beforeEach(async () => {
  platform = await Platform.open();
  agents = new Agents(platform);
  const spec = { category: 'framework', ports: [{ name: 'http', protocol: 'http' }], startSeconds: 2, drainSeconds: 5 };
  const hooks = { start: 'hooks/start', release: 'hooks/release' };
  await platform.database.cartridges.save(cartridge('migrating', { ...spec, hooks }));
});
afterEach(() => platform[Symbol.asyncDispose]());

const web = () => platform.cluster('web');
const tasks = () => platform.parts.tasks;

async function goOn(condition: () => boolean, most = 60): Promise<void> {
  for (let step = 0; step < most; step += 1) {
    if (condition()) return;
    await platform.pass();
    agents.step();
    platform.now += 1500;
  }
  throw new Error(`did not come about: ${JSON.stringify({ rollout: web().rollout, pending: web().pending })}`);
}
const settled = () => web().rollout === null && web().pending === null && web().live().length > 0;

describe('a command', () => {
  beforeEach(async () => {
    await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
    await platform.release();
    await goOn(settled);
  });
  const run = (command = ['migrate', '--all']) => platform.parts.mutations.runTask(OPERATOR, { ...REF, command });
  const ended = (uid: string) =>
    eventually('its end', async () => {
      await tasks().look(uid);
      const task = await platform.parts.queries.task(OPERATOR, uid);
      return task?.finishedAt !== null && task;
    });

  test('runs in the release that serves, without a port, and its end is recorded with its exit code', async () => {
    const { uid, state } = await run();
    expect(state).toBe('starting');
    const { request } = platform.tasks.tasks.get(uid)!;
    expect(request.document).toMatchObject({
      instance: uid,
      cartridge: { spec: { ports: [] } },
      task: {
        release: { release: web().record.stableRelease },
        program: { kind: 'command', command: ['migrate', '--all'] },
      },
    });
    platform.tasks.end(uid, { kind: 'exited', code: 3 }, ['no such table']);
    expect(await ended(uid)).toMatchObject({
      state: 'failed',
      exitCode: 3,
      lastLines: ['no such table'],
      reason: { code: 'task-failed', message: 'it ended with exit code 3' },
    });
    expect((await platform.events('task.created'))[0]).toMatchObject({
      application: 'shop',
      data: { command: ['migrate', '--all'], by: 'operator' },
    });
    expect(await platform.events('task.failed')).toHaveLength(1);
  });

  test.each([
    [{ kind: 'exited', code: 0 } as const, { state: 'succeeded', exitCode: 0, reason: null }],
    [{ kind: 'signalled', signal: 'SIGKILL' } as const, { state: 'failed', exitCode: 137 }],
    [{ kind: 'timed-out' } as const, { state: 'failed', reason: { code: 'task-timed-out' } }],
    [{ kind: 'interrupted' } as const, { state: 'lost', reason: { code: 'task-lost' } }],
    [null, { state: 'lost', reason: { code: 'task-lost' } }],
  ])('that ended as %j is told so', async (ending, expected) => {
    const { uid } = await run();
    platform.tasks.end(uid, ending);
    expect(await ended(uid)).toMatchObject(expected);
  });

  test('that does not begin is ended after two minutes, with the reason, and nothing of it ran', async () => {
    const { uid } = await run();
    const problem = { code: 'image-pull-failed', message: 'the image x cannot be pulled' };
    platform.tasks.keepFromBeginning(uid, problem);
    await tasks().look(uid);
    tasks().start();
    platform.now += 121_000;
    expect(await ended(uid)).toMatchObject({
      state: 'failed',
      exitCode: null,
      reason: { code: 'image-pull-failed', message: 'nothing of it ran: the image x cannot be pulled' },
    });
    await tasks().close();
  });

  test.each([
    [{ kind: 'signalled', signal: 'SIGKILL' } as const, { state: 'failed', exitCode: 137 }],
    [null, { state: 'failed', exitCode: null }],
  ])('that took too much memory and ended as %j is told so', async (ending, expected) => {
    const { uid } = await run();
    const problem = { code: 'out-of-memory', message: 'it used more than 128 MiB' };
    platform.tasks.endFor(uid, problem, ending);
    expect(await ended(uid)).toMatchObject({ ...expected, reason: problem });
  });

  test('that was evicted is lost, for how far it came is not known', async () => {
    const { uid } = await run();
    platform.tasks.endFor(uid, { code: 'evicted', message: 'its node ran short' });
    const message = expect.stringContaining('its node ran short') as unknown;
    expect(await ended(uid)).toMatchObject({ state: 'lost', reason: { code: 'evicted', message } });
  });

  test('in a place that cannot be asked as the control plane starts is waited for', async () => {
    const { uid } = await run();
    platform.tasks.unseenPlaces = ['frankfurt'];
    const away = platform.tasks.tasks.get(uid)!;
    platform.tasks.tasks.delete(uid);
    await platform.start();
    expect(await platform.database.tasks.get(uid)).toMatchObject({ finishedAt: null });
    platform.tasks.tasks.set(uid, away);
    platform.tasks.unseenPlaces = [];
    platform.tasks.end(uid, { kind: 'exited', code: 0 });
    expect(await ended(uid)).toMatchObject({ state: 'succeeded' });
    expect(platform.tasks.begun).toEqual(['migrate --all']);
  });

  test('is told again what it was begun with, also by the control plane after, and nothing when it has ended', async () => {
    const { uid } = await run();
    const around = { brokers: ['mqtts://broker.example:8883'], controlPlane: 'https://cartwright.example/instance/v1' };
    const identity = () => tasks().identity(uid, (cluster) => platform.parts.fleet.cluster(cluster), around);
    const { token } = platform.tasks.tasks.get(uid)!.request;
    await platform.start();
    const told = await identity();
    expect(told).toMatchObject({ token, document: { ...around, instance: uid, task: { timeoutSeconds: 3600 } } });
    expect(told!.document.task.release.configurationUrl).toMatch(/^https:\/\/cartwright\.example\/instance\/v1\//);
    platform.tasks.end(uid, { kind: 'exited', code: 0 });
    await ended(uid);
    expect(await identity()).toBeUndefined();
    await eventually('the rest of it may go', () => platform.tasks.settledTasks.includes(uid));
  });

  test('is stopped when that is asked for, by name', async () => {
    const { uid } = await run();
    await platform.parts.mutations.stopTask(OPERATOR, uid);
    expect(await ended(uid)).toMatchObject({ state: 'stopped', stoppedBy: 'operator' });
    expect(await platform.parts.mutations.stopTask(OPERATOR, uid)).toMatchObject({ state: 'stopped' });
  });

  test('counts as an instance of the quota while it runs', async () => {
    const used = (await platform.parts.queries.tenantUse(OPERATOR, 'acme')).instances;
    const { quota } = (await platform.database.tenants.find({ name: 'acme' }))[0]!;
    const input = { name: 'acme', quota: { instances: used + 1 } };
    await platform.parts.mutations.setTenantQuota(OPERATOR, input);
    const { uid } = await run();
    expect((await platform.parts.queries.tenantUse(OPERATOR, 'acme')).instances).toBe(used + 1);
    await expect(run()).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    platform.tasks.end(uid, { kind: 'exited', code: 0 });
    await ended(uid);
    expect((await platform.parts.queries.tenantUse(OPERATOR, 'acme')).instances).toBe(used);
    expect((await run()).state).toBe('starting');
    expect(quota.instances).toBeGreaterThan(used);
  });

  test('is refused where the machine has no room for it beside what it says that runs', async () => {
    platform.provider.free = 1;
    const { uid } = await run();
    platform.provider.free = 0;
    await expect(run()).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('no room') as unknown,
    });
    platform.tasks.end(uid, { kind: 'exited', code: 0 });
  });

  describe('asked for of two service clusters at once where there is room for one', () => {
    beforeEach(async () => {
      const components = ['web', 'api'].map((alias) => ({ alias, cartridge: 'node' }));
      await platform.apply(application('shop', components));
      await platform.release('api');
      await goOn(() => settled() && platform.cluster('api').live().length > 0);
    });
    const runBoth = () =>
      Promise.allSettled(
        ['web', 'api'].map((alias) => platform.parts.mutations.runTask(OPERATOR, { ...REF, alias, command: ['true'] })),
      );
    const running = () => [...platform.tasks.tasks.values()].filter(({ state }) => state === 'running');

    test('by the quota: one is begun, the other is refused', async () => {
      const used = (await platform.parts.queries.tenantUse(OPERATOR, 'acme')).instances;
      await platform.parts.mutations.setTenantQuota(OPERATOR, { name: 'acme', quota: { instances: used + 1 } });
      const answers = await runBoth();
      expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'QUOTA_EXCEEDED' } });
      const uid = await eventually('it runs', () => running().length === 1 && platform.tasks.running);
      platform.tasks.end(uid, { kind: 'exited', code: 0 });
      await ended(uid);
      expect((await platform.parts.queries.tenantUse(OPERATOR, 'acme')).instances).toBe(used);
    });

    test('on the machine: one is begun, the other is refused, and what was refused keeps no room', async () => {
      platform.provider.room = async () => 1 - running().length;
      const answers = await runBoth();
      expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'CONFLICT' } });
      const first = await eventually('it runs', () => running().length === 1 && platform.tasks.running);
      platform.tasks.end(first, { kind: 'exited', code: 0 });
      await ended(first);
      expect((await runBoth()).map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    });
  });

  test('that goes on while the control plane is killed is adopted, and not begun again', async () => {
    const { uid } = await run();
    await platform.start();
    expect(await platform.parts.queries.task(OPERATOR, uid)).toMatchObject({ state: 'running' });
    platform.tasks.end(uid, { kind: 'exited', code: 0 });
    expect(await ended(uid)).toMatchObject({ state: 'succeeded' });
    expect(platform.tasks.begun).toHaveLength(1);
  });

  test('killed at every step of asking for it, it was begun once or never', async () => {
    for (let round = 0; ; round += 1) {
      const before = platform.tasks.begun.length;
      const killed = platform.crash.after(round).then(() => 'killed');
      const outcome = await Promise.race([killed, run([`round-${round}`]).then(() => 'over')]);
      platform.crash.never();
      if (outcome === 'killed') await platform.start();
      expect(platform.tasks.begun.length - before).toBeLessThanOrEqual(1);
      for (const { task, state } of await platform.tasks.list())
        if (state === 'running') platform.tasks.end(task, { kind: 'exited', code: 0 });
      for (const { uid } of await platform.database.tasks.find({})) await ended(uid);
      if (outcome === 'over') break;
      expect(round).toBeLessThan(20);
    }
    const states = (await platform.database.tasks.find({})).map(({ state, reason }) => reason?.code ?? state);
    expect(new Set(states)).toEqual(new Set(['task-never-started', 'succeeded']));
  });

  test('prints live, cut at whole characters, and goes on after a cursor', async () => {
    const { uid } = await run();
    const abort = new AbortController();
    const items: TaskProgress[] = [];
    const reading = (async () => {
      for await (const item of platform.parts.feeds.task(OPERATOR, uid, {}, abort.signal)) items.push(item);
    })();
    platform.tasks.print(uid, 'one\n', 'oh\n');
    await eventually('the first output', () => items.some(({ output }) => output.length > 0));
    platform.tasks.print(uid, 'two ü\n');
    platform.tasks.end(uid, { kind: 'exited', code: 0 });
    await ended(uid);
    await reading;
    const text = (stream: string, from: readonly TaskProgress[]) =>
      from
        .flatMap(({ output }) => output)
        .filter((piece) => piece.stream === stream)
        .map((piece) => piece.text)
        .join('');
    expect(text('stdout', items)).toBe('one\ntwo ü\n');
    expect(text('stderr', items)).toBe('oh\n');
    expect(items.at(-1)!.task.state).toBe('succeeded');
    const rest: TaskProgress[] = [];
    for await (const item of platform.parts.feeds.task(OPERATOR, uid, { after: '4.0' }, abort.signal)) rest.push(item);
    expect(text('stdout', rest)).toBe('two ü\n');
    await expect(
      platform.parts.feeds.task(OPERATOR, uid, { after: 'x' }, abort.signal)[Symbol.asyncIterator]().next(),
    ).rejects.toMatchObject({ code: 'INVALID' });
  });

  test.each([[[]], [['']], [['a\0b']], [Array.from({ length: 65 }, () => 'x')]])(
    'that is none is refused: %#',
    async (command) => {
      await expect(run(command)).rejects.toMatchObject({ code: 'INVALID', field: 'command' });
    },
  );

  test('ends with its service cluster', async () => {
    const { uid } = await run();
    await platform.parts.mutations.deleteApplication(OPERATOR, { tenant: 'acme', name: 'shop' });
    await goOn(() => platform.parts.fleet.clusterByKey(REF) === undefined);
    expect(platform.tasks.tasks.get(uid)).toMatchObject({ state: 'ended' });
    expect(await platform.database.tasks.find({})).toEqual([]);
  });
});

describe('the hook release', () => {
  beforeEach(() => platform.apply(application('shop', [{ alias: 'web', cartridge: 'migrating' }])));

  /** Releases, and lets the hook end so. */
  async function released(digit: string, code: number, lastLines: string[] = []): Promise<string> {
    const uid = await platform.release('web', digit);
    await goOn(() => [...platform.tasks.tasks.values()].some(({ state }) => state === 'running'));
    platform.tasks.end(platform.tasks.running, { kind: 'exited', code }, lastLines);
    await lookAtAll();
    await goOn(settled).catch((error: unknown) => {
      if (web().pending !== null || web().rollout !== null) throw error;
    });
    return uid;
  }
  const lookAtAll = async () => {
    for (const { uid } of tasks().of(web().record.uid)) await tasks().look(uid);
  };

  test('runs before anything of the release does, and never again: not on a rollback, not on a scale-up', async () => {
    const first = await platform.release('web', 'a');
    for (let step = 0; step < 5; step += 1) await platform.pass();
    expect(platform.tasks.begun).toEqual(['release']);
    expect(web().live()).toEqual([]);
    platform.tasks.end(platform.tasks.running, { kind: 'exited', code: 0 });
    await lookAtAll();
    await goOn(settled);
    expect(web().record.stableRelease).toBe(first);
    const second = await released('b', 0);
    expect(web().record.stableRelease).toBe(second);
    await platform.parts.mutations.rollback(OPERATOR, { ...REF, releaseNumber: 1 });
    await goOn(settled);
    expect(web().record.stableRelease).toBe(first);
    await platform.parts.mutations.scale(OPERATOR, { ...REF, instances: 3, kind: 'pin', reason: 'more' });
    await goOn(settled);
    expect(platform.tasks.begun).toEqual(['release', 'release']);
  });

  describe('that is the application’s own, by what its cartridge says', () => {
    beforeEach(async () => {
      const spec = { category: 'framework', ports: [{ name: 'http', protocol: 'http' }], startSeconds: 2 };
      const hooks = { start: 'hooks/start', release: 'hooks/release' };
      const manifest = { ...spec, hooks, releaseHookNeeds: 'own/release' };
      await platform.database.cartridges.save(cartridge('lending', manifest));
      await platform.apply(application('blog', [{ alias: 'page', cartridge: 'lending' }]));
    });
    const page = () => platform.cluster('page', 'blog');
    /** A release whose tree has these files. */
    const releaseOf = async (...files: string[]): Promise<string> => {
      const tree = platform.path('trees', files.join('+'));
      for (const file of files) {
        await mkdir(join(tree, file, '..'), { recursive: true });
        await writeFile(join(tree, file), 'text');
      }
      const { digest, bytes } = await platform.artifacts.pack(tree);
      await platform.database.artifacts.save({ uid: digest, bytes, createdAt: platform.now });
      const content = { artifact: digest, source: null, build: newUid(), by: 'test' };
      return (await page().serial.run(() => platform.parts.releases.create(page(), content))).uid;
    };

    test('makes no task for a tree that has none, and one for a tree that has it', async () => {
      const first = await releaseOf('index.html');
      await goOn(() => page().record.stableRelease === first && page().rollout === null);
      expect(platform.tasks.begun).toEqual([]);
      const second = await releaseOf('index.html', 'own/release');
      await goOn(() => platform.tasks.begun.length === 1);
      expect(page().record.stableRelease).toBe(first);
      const task = platform.tasks.running;
      platform.tasks.end(task, { kind: 'exited', code: 0 });
      await tasks().look(task);
      await goOn(() => page().record.stableRelease === second && page().rollout === null);
      expect(await platform.database.tasks.find({})).toHaveLength(1);
    });

    test('makes one where the archive cannot be read: it says what is wrong', async () => {
      const uid = await releaseOf('index.html');
      const { artifact } = (await platform.database.releases.get(uid))!;
      await rm((await platform.artifacts.path(artifact!))!);
      await goOn(() => platform.tasks.begun.length === 1);
    });
  });

  test('of a release that is not wanted any more ends, and the release is left out', async () => {
    const first = await released('a', 0);
    const second = await platform.release('web', 'b');
    await goOn(() => platform.tasks.begun.length === 2);
    const question = { scope: 'operator', key: 'rollback:once', asked: 'before' };
    const rollBack = () => platform.parts.mutations.rollback(OPERATOR, REF);
    const { result } = await platform.parts.idempotent(question, rollBack);
    expect(result).toMatchObject({ from: first, to: second, state: 'returned' });
    expect(result.reason).toMatchObject({ code: 'returned-by-request', message: 'operator asked for release 1' });
    expect((await platform.parts.idempotent(question, rollBack)).result).toEqual(result);
    expect(web().pending).toBeNull();
    platform.tasks.end(platform.tasks.running, { kind: 'exited', code: 0 });
    await lookAtAll();
    await goOn(settled);
    expect(web().record.stableRelease).toBe(first);
    expect(await platform.database.releases.get(second)).toMatchObject({ state: 'returned' });
  });

  test('that fails leaves the running release alone and says so with its last lines', async () => {
    const first = await released('a', 0);
    const second = await released('b', 1, ['migrating', 'no such column']);
    expect(web().record).toMatchObject({ stableRelease: first, candidateRelease: null });
    expect(
      web()
        .live()
        .every(({ record }) => record.release === first),
    ).toBe(true);
    expect(await platform.database.releases.get(second)).toMatchObject({ state: 'returned' });
    const message = 'the hook release: it ended with exit code 1; last lines: migrating | no such column';
    expect((await platform.database.rollouts.find({ to: second }))[0]).toMatchObject({
      state: 'returned',
      reason: { code: 'release-hook-failed', message },
    });
    expect((await platform.events('rollout.returned')).at(-1)!.data).toMatchObject({ reason: { message } });
    await expect(platform.parts.mutations.rollback(OPERATOR, { ...REF, releaseNumber: 2 })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('its hook release has not succeeded'),
    });
    expect(platform.tasks.begun).toHaveLength(2);
    const third = await released('c', 0);
    expect(web().record.stableRelease).toBe(third);
  });

  test('whose end is not known has failed, and is not tried again', async () => {
    const first = await released('a', 0);
    await platform.release('web', 'b');
    await goOn(() => tasks().of(web().record.uid).length === 1);
    platform.tasks.end(platform.tasks.running, null);
    await platform.start();
    agents.reconnect();
    await goOn(settled);
    expect(web().record.stableRelease).toBe(first);
    expect(platform.tasks.begun).toHaveLength(2);
  });

  test('killed at every step, it is begun once for each release, and traffic comes after its success', async () => {
    await released('a', 0);
    for (let round = 0; ; round += 1) {
      const begun = platform.tasks.begun.length;
      const killed = platform.crash.after(round).then(() => 'killed');
      const end = released(String.fromCharCode(98 + (round % 5)), 0).then(() => 'over');
      const outcome = await Promise.race([killed, end.catch(() => 'over')]);
      platform.crash.never();
      if (outcome === 'killed') {
        await platform.start();
        agents.reconnect();
        await goOn(() => tasks().of(web().record.uid).length > 0 || web().pending === null);
        for (const { task, state } of await platform.tasks.list())
          if (state === 'running') {
            expect(web().rollout).toBeNull();
            platform.tasks.end(task, { kind: 'exited', code: 0 });
          }
        await lookAtAll();
        await goOn(settled);
      }
      expect(platform.tasks.begun.length - begun).toBeLessThanOrEqual(1);
      const succeeded = await platform.database.tasks.find({ kind: 'release', state: 'succeeded' });
      expect(succeeded.map(({ release }) => release)).toContain(web().record.stableRelease);
      if (outcome === 'over') break;
    }
    const releases = await platform.database.releases.find({ cluster: web().record.uid });
    for (const { uid } of releases)
      expect((await platform.database.tasks.find({ release: uid, state: 'succeeded' })).length).toBeLessThanOrEqual(1);
  }, 60_000);
});
