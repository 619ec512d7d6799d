/** Builds as Jobs: the Jobs in memory, the source, the output and the archives in real files. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { create, Header, list } from 'tar';
import type { TaskEnding } from '../../../../schema/agent/task.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import { CartwrightError, ProviderError } from '../../../app/errors.ts';
import type { BuildRequest } from '../../../app/ports/artifacts.ts';
import { InMemoryTasks } from '../../../app/testing/tasks.ts';
import { BuildExchange } from './build-exchange.ts';
import { JobBuilder } from './job-builder.ts';

const PLACE = { hostCluster: 'here', partition: 'default' };
const never = new AbortController().signal;
let root: string;
let jobs: InMemoryTasks;
let exchange: BuildExchange;
let builder: JobBuilder;
let underWay: Set<string>;
let clock: number;
let lines: string[];
let problems: string[];
/** Brought, and not seen in the cluster. */
let results: Map<string, TaskEnding>;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'job-builder-'));
  [jobs, underWay, clock, lines] = [new InMemoryTasks(), new Set(), 0, []];
  problems = [];
  results = new Map();
  await mkdir(join(root, 'source'));
  await writeFile(join(root, 'source/index.js'), 'the source');
  open();
});
afterEach(() => rm(root, { recursive: true }));

/** As a control plane that has just started. */
function open(): void {
  exchange = new BuildExchange(join(root, 'exchange'));
  builder = new JobBuilder({
    ...{ jobs, exchange, memoryBytes: 2 ** 30 },
    resultOf: async (build) => {
      const ending = results.get(build);
      return ending && { v: 1, task: build, ending, lastLines: [] };
    },
    tokenOf: (build) => `token-of-${build}`,
    underWay: async () => [...underWay],
    monotonic: () => clock,
    onProblem: (error) => void problems.push((error as Error).message),
  });
}

const source = () => join(root, 'source');
function run(changes: Partial<BuildRequest> = {}, signal = never): Promise<void> {
  const request: BuildRequest = {
    ...{ build: 'b1', tenant: 'acme', directory: source(), cartridgeDirectory: '/cartridge', hook: 'hooks/build' },
    ...{
      environment: { COLOUR: 'green' },
      start: undefined,
      cacheDirectory: '',
      timeoutSeconds: 60,
      maximumBytes: 1e6,
    },
    service: {
      ...{ application: 'shop', alias: 'web', cluster: 'c1' },
      cartridge: { name: 'nodejs', directory: '/cartridge', spec: { ports: [] } as never },
    },
    placeFor: async () => PLACE,
    isResumed: false,
    ...changes,
  };
  return builder.run(request, (line) => lines.push(line), signal);
}
const begun = () => eventually('its Job', () => jobs.tasks.get('b1'));
/** What an agent would bring. */
async function bring(files: Readonly<Record<string, string>>): Promise<void> {
  const tree = await mkdtemp(join(root, 'tree-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(tree, name), text);
  await receive(Readable.from(create({ gzip: true, cwd: tree, portable: true }, ['.'])));
}
const receive = async (archive: Readable) =>
  exchange.receive('b1', archive, (await builder.byToken('token-of-b1'))!.mostBytes);
const end = (ending: TaskEnding | null) => jobs.end('b1', ending);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as CartwrightError).code,
  );

test('a build gets its source and a token of its own, its log is followed, and its tree takes the place of the source', async () => {
  const built = run({ start: ['node', '.'] });
  const { request } = await begun();
  expect(request).toMatchObject({
    placement: PLACE,
    document: {
      instance: 'b1',
      build: { hook: 'hooks/build', environment: { COLOUR: 'green' }, start: ['node', '.'], timeoutSeconds: 60 },
    },
  });
  expect(await builder.byToken('token-of-b1')).toEqual({ build: 'b1', mostBytes: 1.1e6 + 16 * 2 ** 20 });
  expect(await builder.byToken('another')).toBeUndefined();
  const names: string[] = [];
  await list({ file: exchange.source('b1'), onReadEntry: ({ path }) => void names.push(path) });
  expect(names).toEqual(['index.js']);
  jobs.print('b1', 'installing\nhalf', 'a warning\n');
  await eventually('its first lines', () => lines.includes('installing') && lines.includes('a warning'));
  await bring({ 'index.js': 'built', 'more.js': 'made' });
  end({ kind: 'exited', code: 0 });
  await built;
  expect(lines).toContain('half');
  expect(await readFile(join(source(), 'index.js'), 'utf8')).toBe('built');
  expect(await readFile(join(source(), 'more.js'), 'utf8')).toBe('made');
  // Nothing of it is left.
  const known = await builder.byToken('token-of-b1');
  expect([jobs.tasks.size, known, builder.identity('b1')]).toEqual([0, undefined, undefined]);
});

describe('a build fails', () => {
  test.each<[TaskEnding | null, string, { code: string; message: string } | undefined]>([
    [{ kind: 'exited', code: 7 }, 'BUILD_FAILED', undefined],
    [{ kind: 'signalled', signal: 'SIGSEGV' }, 'BUILD_FAILED', undefined],
    [{ kind: 'signalled', signal: 'SIGKILL' }, 'BUILD_OUT_OF_MEMORY', { code: 'out-of-memory', message: 'too much' }],
    [null, 'BUILD_OUT_OF_MEMORY', { code: 'out-of-memory', message: 'too much' }],
    [{ kind: 'timed-out' }, 'BUILD_TIMED_OUT', undefined],
    [{ kind: 'not-started', reason: { code: 'build-hook-missing', message: 'none' } }, 'BUILD_HOOK_MISSING', undefined],
    [{ kind: 'not-started', reason: { code: 'build-too-large', message: 'large' } }, 'BUILD_TOO_LARGE', undefined],
    [{ kind: 'stopped' }, 'BUILD_LOST', { code: 'evicted', message: 'its node ran short' }],
    [null, 'BUILD_LOST', { code: 'node-lost', message: 'its node is gone' }],
    [null, 'BUILD_TOO_LARGE', { code: 'evicted', message: 'ephemeral local storage usage exceeds the limit' }],
  ])('that ended as %j: %s', async (ending, code, problem) => {
    const built = codeOf(run());
    await begun();
    if (problem === undefined) end(ending);
    else jobs.endFor('b1', problem, ending);
    expect(await built).toBe(code);
    expect(await readFile(join(source(), 'index.js'), 'utf8')).toBe('the source');
  });

  test('with its last lines', async () => {
    const built = run();
    await begun();
    jobs.print('b1', 'one\ntwo\n', 'no such package\n');
    end({ kind: 'exited', code: 7 });
    await expect(built).rejects.toMatchObject({ message: expect.stringContaining('no such package') as unknown });
  });

  test('that does not begin for two minutes, for the reason that the cluster gives', async () => {
    const built = run();
    await begun();
    jobs.keepFromBeginning('b1', { code: 'image-pull-failed', message: 'the image x cannot be pulled' });
    await eventually('it is seen', async () => {
      clock += 50_000;
      return jobs.tasks.get('b1')?.state !== 'running';
    });
    await expect(built).rejects.toMatchObject({
      code: 'BUILD_NOT_STARTED',
      message: 'nothing of the build ran: the image x cannot be pulled',
    });
    expect(lines).toEqual(['waiting: the image x cannot be pulled']);
  });

  test('and says so when its pod takes its time', async () => {
    const built = codeOf(run());
    await begun();
    jobs.keepFromBeginning('b1', undefined);
    await eventually('it says so', () => {
      clock += 3000;
      return lines.includes('waiting: its pod begins; a node without its image pulls that first');
    });
    end({ kind: 'exited', code: 7 });
    expect(await built).toBe('BUILD_FAILED');
  });

  test('whose result leaves its folder, is too large, or is none', async () => {
    const outside = new Header({ path: '../evil.js', size: 3, type: 'File', mode: 0o644 });
    outside.encode();
    const hostile = createGzip();
    hostile.end(Buffer.concat([outside.block!, Buffer.from('bad'), Buffer.alloc(509 + 1024)]));
    const cases: [() => Promise<void>, string][] = [
      [() => receive(hostile), 'BUILD_FAILED'],
      [() => receive(Readable.from([Buffer.from('no archive')])), 'BUILD_FAILED'],
      [() => bring({ 'large.bin': 'x'.repeat(1_000_001) }), 'BUILD_TOO_LARGE'],
    ];
    for (const [brought, code] of cases) {
      const built = codeOf(run());
      await begun();
      await brought();
      end({ kind: 'exited', code: 0 });
      expect(await built).toBe(code);
      await writeFile(join(source(), 'index.js'), 'the source');
    }
    const endless = new PassThrough();
    const built = codeOf(run());
    await begun();
    const taken = codeOf(exchange.receive('b1', endless, 1000));
    endless.end(Buffer.alloc(2000));
    expect(await taken).toBe('BUILD_TOO_LARGE');
    end({ kind: 'exited', code: 1 });
    await built;
  });
});

test('a control plane that comes back goes on with the Job that is there, and misses nothing of its log', async () => {
  const stop = new AbortController();
  const first = codeOf(run({}, stop.signal));
  await begun();
  jobs.print('b1', 'before\n');
  await eventually('its line', () => lines.includes('before'));
  stop.abort();
  expect(await first).toBe('BUILD_CANCELLED');
  expect(jobs.tasks.get('b1')?.state).toBe('running');
  open();
  lines = [];
  const second = run({ isResumed: true });
  await eventually('it is followed', () => lines.includes('before'));
  jobs.print('b1', 'after\n');
  await bring({ 'index.js': 'built' });
  end({ kind: 'exited', code: 0 });
  await second;
  expect(lines).toEqual(['before', 'after']);
  expect(jobs.begun).toHaveLength(1);
});

describe('while it cannot be begun', () => {
  const full = () => new CartwrightError('NO_PLACE', 'every partition is closed');
  /** Each in turn, then the last for good; `undefined`: there is a place. */
  const places = (...failures: readonly (Error | undefined)[]) => {
    const asked: number[] = [];
    const placeFor = async (memoryBytes: number) => {
      const failure = failures[Math.min(asked.push(memoryBytes), failures.length) - 1];
      if (failure !== undefined) throw failure;
      return PLACE;
    };
    return { asked, placeFor };
  };

  test('it waits for a place with room for a build, and says what for each time that it is something else', async () => {
    const { asked, placeFor } = places(full(), full(), new Error('ECONNREFUSED 10.0.0.1'), undefined);
    const built = run({ placeFor });
    await eventually('its Job', () => jobs.tasks.get('b1'), 20_000);
    await bring({});
    end({ kind: 'exited', code: 0 });
    await built;
    const masked = expect.stringMatching(/^waiting: internal error; .* b1$/) as unknown;
    expect(lines).toEqual(['waiting: every partition is closed', masked]);
    expect([problems, asked]).toEqual([['ECONNREFUSED 10.0.0.1'], Array.from({ length: 4 }, () => 2 ** 30)]);
  });

  test('it fails when its time is over, with what it waited for', async () => {
    const { placeFor } = places(full());
    const built = run({ placeFor });
    await eventually('it says so', () => lines.length === 1);
    clock += 61_000;
    await expect(built).rejects.toMatchObject({
      code: 'BUILD_NOT_STARTED',
      message: 'the build was not started: every partition is closed',
    });
  });

  test.each(['IMAGE_MISSING', 'NAMESPACE_TAKEN', 'OBJECT_TAKEN', 'POD_SECURITY_FORBIDDEN'])(
    'it fails at once for what no waiting mends: %s',
    async (code) => {
      jobs.failure = new ProviderError(code, 'do this');
      await expect(run()).rejects.toMatchObject({
        code: 'BUILD_NOT_STARTED',
        message: 'the build was not started: do this',
      });
      expect(lines).toEqual([]);
    },
  );

  test('one that was begun before is lost where nobody can say for minutes where it is', async () => {
    jobs.observe = async () => {
      throw new ProviderError('HOST_CLUSTER_UNREACHABLE', 'where it is cannot be told until east answers');
    };
    const built = run({ isResumed: true });
    await eventually('it says so', () => lines.includes('waiting: where it is cannot be told until east answers'));
    clock += 181_000;
    await expect(built).rejects.toMatchObject({ code: 'BUILD_LOST' });
    expect(jobs.begun).toEqual([]);
  });
});

describe('while its host cluster does not answer', () => {
  const AWAY = 'waiting: the host cluster east does not answer';
  const goneAway = async () => {
    await begun();
    jobs.placeAway = 'east';
    await eventually('it says so', () => lines.includes(AWAY));
  };

  test('it is waited for, also where its Job cannot be asked, and lost after minutes without a word', async () => {
    const built = run();
    await goneAway();
    clock += 179_000;
    jobs.print('b1', 'still here\n');
    await eventually('its line', () => lines.includes('still here'));
    jobs.observe = async () => {
      throw new Error('connect ETIMEDOUT 10.0.0.1');
    };
    await eventually('it says that, too', () => lines.some((line) => line.startsWith('waiting: internal error')));
    clock += 181_000;
    await expect(built).rejects.toMatchObject({
      code: 'BUILD_LOST',
      message: expect.stringContaining('deploy again') as unknown,
    });
  });

  test('its agent may bring the result all the same', async () => {
    const built = run();
    await goneAway();
    await bring({ 'index.js': 'built' });
    results.set('b1', { kind: 'exited', code: 0 });
    await built;
    expect(await readFile(join(source(), 'index.js'), 'utf8')).toBe('built');
  });

  test('or why there is none', async () => {
    const built = run();
    await goneAway();
    results.set('b1', { kind: 'exited', code: 3 });
    await expect(built).rejects.toMatchObject({ code: 'BUILD_FAILED' });
  });
});

test('one that is too late and cannot be ended fails all the same', async () => {
  const built = run();
  await begun();
  jobs.stop = () => Promise.reject(new Error('forbidden'));
  await eventually('it is to be ended', async () => {
    clock += 50_000;
    return problems.includes('forbidden');
  });
  clock += 76_000;
  await expect(built).rejects.toMatchObject({ code: 'BUILD_TIMED_OUT' });
});

test('a result that was brought counts before the cluster says that its pod has ended', async () => {
  const built = run();
  await begun();
  await bring({ 'index.js': 'built' });
  results.set('b1', { kind: 'exited', code: 0 });
  await built;
  expect([jobs.tasks.size, await readFile(join(source(), 'index.js'), 'utf8')]).toEqual([0, 'built']);
});

test('what is left of builds that nobody waits for goes', async () => {
  const stop = new AbortController();
  const built = codeOf(run({}, stop.signal));
  await begun();
  stop.abort();
  await built;
  underWay.add('b1');
  await builder.sweep();
  expect(jobs.tasks.size).toBe(1);
  underWay.clear();
  jobs.unseenPlaces = ['there'];
  await builder.sweep();
  expect(jobs.tasks.size).toBe(1);
  jobs.unseenPlaces = [];
  await builder.sweep();
  expect(jobs.tasks.size).toBe(0);
});

test('a tree without a hook is the artifact, and nothing runs', async () => {
  await run({ hook: undefined });
  expect(jobs.begun).toEqual([]);
  expect(await codeOf(run({ hook: undefined, maximumBytes: 3 }))).toBe('BUILD_TOO_LARGE');
});

test('the agent of a build that a new control plane has not gone on with yet is told to ask again', async () => {
  underWay.add('b1');
  await expect(builder.byToken('token-of-b1')).rejects.toMatchObject({ code: 'NOT_READY' });
  expect(await builder.byToken('token-of-b2')).toBeUndefined();
});
