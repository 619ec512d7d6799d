import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as sample from '../../graphql/testing/records.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run } from '../testing/run.ts';

let controlPlane: TestControlPlane;

beforeEach(async () => {
  controlPlane = await startControlPlane();
});
afterEach(() => controlPlane.close());

const cli = (line: string) =>
  run(line.split(' '), {
    env: { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token' },
    now: sample.AT,
  });

test('plan shows the partitions and where the next instances would go', async () => {
  const { code, stdout } = await cli('plan shop-1/web --instances 4');
  expect(code).toBe(0);
  expect(stdout).toBe(
    `shop-1/web: one-after-another, deployment policy own-first
PARTITION  HOST CLUSTER  INSTANCES  MAXIMUM  ROOM  NEW ONES
own        home          2          2        4     no: is full (2 of 2)
rented     cloud         1          -        9     yes
For 4 instances in all:
  + rented on cloud: the first in the declared order that takes it; own on home is full (2 of 2)
`,
  );
  expect(controlPlane.calls('placementPlan')).toMatchObject([[expect.anything(), 4]]);
  const { stdout: json } = await cli('plan shop-1/web -o json');
  expect(JSON.parse(json)).toEqual(sample.placementPlan);
});

test('plan refuses what is no number of instances', async () => {
  const { code, stderr } = await cli('plan shop-1/web --instances many');
  expect(code).toBe(2);
  expect(stderr).toContain('--instances: expected a whole number from 0 to 1000, got "many"');
});

test('why shows what led to an instance, from its decision to its state now', async () => {
  const { uid } = sample.instance(1);
  const { code, stdout } = await cli(`why ${uid}`);
  expect(code).toBe(0);
  const lines = stdout.split('\n');
  expect(lines[0]).toContain(`Instance ${uid} of `);
  expect(lines.map((line) => line.split(' ')[0])).toEqual(
    expect.arrayContaining(['decision', 'placement', 'object', 'event', 'now']),
  );
  expect(stdout).toContain('placement  default on local');
  expect(stdout).toContain('object     Pod cartwright-acme/shop-web-1f-x: Running on node-1');
  expect(lines.findIndex((line) => line.startsWith('now'))).toBe(lines.length - 2);
});

test('why shows what led to a number of instances', async () => {
  const { code, stdout } = await cli('why shop-1/web');
  expect(code).toBe(0);
  expect(stdout).toContain('shop-1/web: 3 instances are wanted');
  expect(stdout).toMatch(/^decision {3}.+/m);
  expect(stdout).toMatch(/^now {8}.+ default on local, /m);
  const { stdout: json } = await cli('why shop-1/web -o json');
  expect(JSON.parse(json)).toMatchObject({ placement: { policy: 'own-first' } });
});

test('why says that there is no such instance, and no such application', async () => {
  expect((await cli('why 01aaaaaaaaaaaaaaaaaaaaaaaa')).stderr).toContain('there is no instance');
  expect((await cli('why nothing')).stderr).toContain('there is no application "nothing"');
});
