import { expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
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

test('a change that takes longer than the control plane answers is asked for again, as the same one, until it is made', async () => {
  const useCases = new InMemoryUseCases();
  const keys: string[] = [];
  const idempotent = useCases.idempotent.bind(useCases);
  useCases.idempotent = (principal, question, work) => {
    keys.push(question.key);
    return idempotent(principal, question, work);
  };
  let made: () => void = () => undefined;
  useCases.delays.set('pause', new Promise<void>((resolve) => (made = resolve)));
  const controlPlane = await startControlPlane(useCases, 0, { operationMilliseconds: 200 });
  try {
    const env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token' };
    const asked = run(['pause', 'shop-1/web', '--reason', 'x'], { env });
    await eventually('it is asked for a third time', () => keys.length >= 3);
    made();
    expect(await asked).toMatchObject({ code: 0 });
    expect(new Set(keys).size).toBe(1);
  } finally {
    await controlPlane.close();
  }
});

test('a question that takes too long is not asked again', async () => {
  const useCases = new InMemoryUseCases();
  let answer: () => void = () => undefined;
  useCases.delays.set('tenants', new Promise<void>((resolve) => (answer = resolve)));
  const controlPlane = await startControlPlane(useCases, 0, { operationMilliseconds: 200 });
  try {
    const env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token' };
    const { code, stderr } = await run(['get', 'tenants'], { env });
    expect([code, stderr]).toEqual([1, expect.stringContaining('took longer than 0.2 s')]);
    expect(controlPlane.calls('tenants')).toHaveLength(1);
  } finally {
    answer();
    await controlPlane.close();
  }
});
