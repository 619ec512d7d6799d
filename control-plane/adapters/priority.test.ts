import { afterEach, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { eventually } from '../../test/support/eventually.ts';
import { lowerPriority } from './priority.ts';

const children: ChildProcess[] = [];

async function start(detached: boolean): Promise<number> {
  const child = spawn('sleep', ['1000'], { detached, stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return child.pid!;
}

/** Undefined where the machine has no autogroups. */
const ofSession = (pid: number) =>
  existsSync(`/proc/${pid}/autogroup`)
    ? Number(/nice (-?\d+)/.exec(readFileSync(`/proc/${pid}/autogroup`, 'latin1'))?.[1])
    : undefined;

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test('a process that leads a session goes behind the others with all of it', async () => {
  const pid = await start(true);
  // The kernel takes a few such changes a second from all users together.
  await eventually('it is behind', () => {
    lowerPriority(pid);
    return getPriority(pid) === 10 && [10, undefined].includes(ofSession(pid));
  });
});

test('a process in another’s session leaves that where it is', async () => {
  const pid = await start(false);
  const before = ofSession(pid);
  lowerPriority(pid);
  expect(getPriority(pid)).toBe(10);
  expect(ofSession(pid)).toBe(before);
});

test('one that has ended is none to put behind', async () => {
  const pid = await start(true);
  const [child] = children.splice(0);
  child!.kill('SIGKILL');
  await once(child!, 'exit');
  expect(() => lowerPriority(pid)).not.toThrow();
});
