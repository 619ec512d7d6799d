import { expect, test } from '@jest/globals';
import { parseConfig } from './config.ts';

test('names every variable that is missing or wrong', () => {
  const parsed = parseConfig({ PORT: 'abc', LB_QUEUE_LIMIT: '-1', LB_ACCESS_LOG: 'yes' });
  expect(parsed.ok).toBe(false);
  if (parsed.ok) return;
  for (const name of ['PORT', 'CARTWRIGHT_SOCKET', 'LB_QUEUE_LIMIT', 'LB_ACCESS_LOG'])
    expect(parsed.problems.some((problem) => problem.startsWith(`${name}:`))).toBe(true);
});

test('needs no more than a port and the agent’s socket', () => {
  const parsed = parseConfig({ PORT: '8080', CARTWRIGHT_SOCKET: '/run/agent.sock' });
  expect(parsed).toMatchObject({
    ok: true,
    config: { listen: { host: '0.0.0.0', port: 8080 }, queue: { length: 1000 }, accessLog: 'none' },
  });
});
