import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { soon } from '../testing/soon.ts';
import { Background } from './background.ts';

const background = new Background();
const children: ChildProcess[] = [];

/** A program of its own session, or of this one's. */
async function start({ detached }: { detached: boolean }): Promise<number> {
  const child = spawn('sleep', ['1000'], { detached, stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return child.pid!;
}

const niceness = (pid: number) => Number(/nice (-?\d+)/.exec(readFileSync(`/proc/${pid}/autogroup`, 'latin1'))?.[1]);

afterEach(async () => {
  background.leave();
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

if (existsSync('/proc/self/autogroup'))
  describe('standing back', () => {
    test('holds for the sessions that were taken until it is left', async () => {
      const pid = await start({ detached: true });
      background.enter();
      await soon(() => {
        background.take(pid);
        expect(niceness(pid)).toBe(10);
      });
      background.leave();
      await soon(() => expect(niceness(pid)).toBe(0));
    });

    test('does nothing to a session that the program does not lead', async () => {
      const pid = await start({ detached: false });
      const before = niceness(pid);
      background.enter();
      background.take(pid);
      expect(niceness(pid)).toBe(before);
    });

    test('does nothing outside of a switch', async () => {
      const pid = await start({ detached: true });
      background.take(pid);
      expect(niceness(pid)).toBe(0);
    });

    test('outlives a program that ends meanwhile', async () => {
      const pid = await start({ detached: true });
      background.enter();
      background.take(pid);
      const [child] = children.splice(0);
      child!.kill('SIGKILL');
      await once(child!, 'exit');
      background.leave();
      const other = await start({ detached: true });
      background.take(other);
      expect(niceness(other)).toBe(0);
    });
  });
else
  test('without autogroups nothing happens', () => {
    background.enter();
    background.take(process.pid);
    expect(() => background.leave()).not.toThrow();
  });
