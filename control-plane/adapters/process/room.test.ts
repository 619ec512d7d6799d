import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { declaredMemoryBytes } from './declared-memory.ts';
import { createProcessTasks, type ProcessTasks } from './tasks.ts';
import { makeRequest, ProcessFixture } from './testing/fixture.ts';

/** A machine has as many processors as it has. */
const of = (memoryBytes: number) => ({ cpuCores: 64, memoryBytes });

let fixture: ProcessFixture;
let tasks: ProcessTasks;
/** A quarter of what may be declared. */
let part: number;

beforeEach(async () => {
  fixture = await ProcessFixture.open();
  part = Math.floor(fixture.capacityBytes / 4);
  tasks = await createProcessTasks(await fixture.options());
  await fixture.reopen({ declaredBeside: () => tasks.declaredMemoryBytes() });
});
afterEach(async () => {
  for (const { task } of await tasks.list()) await tasks.remove(task);
  await tasks.close();
  await fixture.close();
});

function begin(task: string, parts: number): Promise<void> {
  const { document, token } = makeRequest(task, { memoryBytes: part * parts });
  const release = {
    release: 'r1',
    artifacts: [],
    configurationDigest: '0'.repeat(64),
    configurationUrl: 'http://127.0.0.1:8080/releases/r1/configuration',
  };
  const asked = { release, program: { kind: 'command' as const, command: ['true'] }, timeoutSeconds: 60 };
  return tasks.start({
    document: { ...document, task: asked },
    token,
    placement: { hostCluster: 'local', partition: 'default' },
  });
}

test('a task takes of the room for instances what it declares, from its beginning to its end', async () => {
  const { provider } = fixture;
  expect(await provider.room(of(part))).toBe(4);
  const beginning = begin('t1', 2);
  // Asked for, and nothing of it is on the disk.
  expect(await provider.room(of(part))).toBe(2);
  await beginning;
  await provider.create(fixture.request('i1', { memoryBytes: part }));
  expect([await provider.room(of(part)), await provider.room(of(part * 2))]).toEqual([1, 0]);
  await tasks.stop('t1', 5);
  expect(await provider.room(of(part))).toBe(3);
});

test('a task that outlives the control plane still takes its part', async () => {
  await begin('t1', 3);
  await tasks.close();
  tasks = await createProcessTasks(await fixture.options());
  expect(await (await fixture.reopen({ declaredBeside: () => tasks.declaredMemoryBytes() })).room(of(part))).toBe(1);
});

test('one that is being created counts once, and what is gone counts nothing', () => {
  const seen = (instance: string, state: 'starting' | 'running' | 'gone') => {
    const { cartridge } = makeRequest(instance, { memoryBytes: 100 }).document;
    return { folder: { document: { instance, cartridge } }, state };
  };
  const all = [seen('a', 'running'), seen('b', 'starting'), seen('c', 'gone')];
  expect(declaredMemoryBytes(all, new Map())).toBe(200);
  expect(
    declaredMemoryBytes(
      all,
      new Map([
        ['b', 100],
        ['d', 7],
      ]),
    ),
  ).toBe(207);
});
