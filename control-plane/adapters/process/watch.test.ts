import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '../../../test/support/eventually.ts';
import { readStat } from './kernel.ts';
import { Watch } from './watch.ts';

const ended: string[] = [];
const watch = new Watch({ reported: () => undefined, ended: (instance) => void ended.push(instance) });
afterEach(() => watch.close());

test('an agent that has ended is not gone before somebody says that nothing it left runs', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const stat = readStat(child.pid!)!;
  watch.followChild('a', stat, child, '/nonexistent');
  expect(watch.follows('a', stat)).toBe(true);

  child.kill('SIGKILL');
  await eventually('its end is told', () => ended.length > 0);
  expect(watch.follows('a', stat)).toBe(false);
  expect(watch.get('a')).toEqual({ phase: 'ended', detail: 'its agent was ended by SIGKILL' });

  watch.noteGone('a');
  expect(watch.get('a')).toEqual({ phase: 'gone', detail: 'its agent was ended by SIGKILL' });
  expect(ended).toEqual(['a']);
});
