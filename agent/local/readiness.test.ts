import { afterEach, expect, test } from '@jest/globals';
import { Readiness } from './readiness.ts';

const opened: Readiness[] = [];
const log: string[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((readiness) => readiness.close()));
});

function readiness(state: () => string, port = 0): Readiness {
  const made = new Readiness({ port, state, log: (_level, message) => log.push(message) });
  opened.push(made);
  return made;
}

test('is 200 while the application serves, 503 with the state otherwise, and nothing else is answered', async () => {
  let state = 'starting';
  const port = await readiness(() => state).open();
  const ask = async (path = '/ready', method = 'GET') => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return [answer.status, await answer.text()];
  };
  expect(await ask()).toEqual([503, 'starting\n']);
  state = 'active';
  expect(await ask()).toEqual([200, 'active\n']);
  state = 'maintenance';
  expect(await ask()).toEqual([503, 'maintenance\n']);
  expect(await ask('/')).toEqual([404, '']);
  expect(await ask('/ready', 'POST')).toEqual([404, '']);
});

test('a port that is taken is said, and stops nothing', async () => {
  const port = await readiness(() => 'active').open();
  expect(await readiness(() => 'active', port).open()).toBeUndefined();
  expect(log).toEqual([expect.stringContaining('Kubernetes will not see')]);
});
