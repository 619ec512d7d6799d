import { expect, test } from '@jest/globals';
import { InMemoryUseCases } from '../../graphql/testing/use-cases.ts';
import { startControlPlane } from '../testing/control-plane.ts';
import { run } from '../testing/run.ts';

test('a command whose token asks too much waits as long as it is told, and goes on', async () => {
  const controlPlane = await startControlPlane(new InMemoryUseCases(), 0, { requestsPerSecond: 1, burst: 1 });
  try {
    const env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token' };
    const both = await Promise.all([run(['get', 'tenants'], { env }), run(['get', 'tenants'], { env })]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
  } finally {
    await controlPlane.close();
  }
});

test('a command that is refused again and again says so', async () => {
  const controlPlane = await startControlPlane(new InMemoryUseCases(), 0, { concurrent: 0 });
  try {
    const env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token' };
    const { code, stderr } = await run(['get', 'tenants'], { env });
    expect(code).toBe(1);
    expect(stderr).toContain('this token asks too much at once');
  } finally {
    await controlPlane.close();
  }
});
