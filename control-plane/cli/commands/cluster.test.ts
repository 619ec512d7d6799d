import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { kubeconfig } from '../../app/host-clusters/testing/kubeconfig.ts';
import * as sample from '../../graphql/testing/records.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run, start } from '../testing/run.ts';

const ADDRESSES = ['--broker', 'mqtts://broker.example', '--control-plane', 'https://cartwright.example'];
let controlPlane: TestControlPlane;
let folder: string;
beforeEach(async () => {
  controlPlane = await startControlPlane();
  folder = mkdtempSync(join(tmpdir(), 'cartwright-cluster-'));
});
afterEach(async () => {
  await controlPlane.close();
  rmSync(folder, { recursive: true });
});

const surroundings = (stdin?: string) => ({
  env: { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'operator-token' },
  ...{ now: sample.AT, cwd: folder, ...(stdin === undefined ? {} : { stdin }) },
});
const cli = (line: string[], stdin?: string) => run(['cluster', ...line], surroundings(stdin));
const registered = () => controlPlane.calls('registerHostCluster')[0]![0] as { kubeconfig: string };

test('add sends the one context that is used, with the content of the files that it names', async () => {
  for (const name of ['ca.crt', 'me.crt', 'me.key']) writeFileSync(join(folder, name), `content of ${name}`);
  const user = { 'client-certificate': 'me.crt', 'client-key': join(folder, 'me.key') };
  const file = {
    contexts: [
      { name: 'main', context: { cluster: 'here', user: 'somebody' } },
      { name: 'other', context: { cluster: 'here', user: 'secret' } },
    ],
    users: [
      { name: 'somebody', user },
      { name: 'secret', user: { token: 'hunter2' } },
    ],
  };
  writeFileSync(join(folder, 'config'), kubeconfig({ cluster: { 'certificate-authority': 'ca.crt' }, file }));
  const { code, stdout } = await cli(['add', 'frankfurt', ...ADDRESSES, '--kubeconfig', 'config', '--no-probe']);
  expect(code).toBe(0);
  expect(stdout).toContain('https://api.frankfurt.example:6443');
  expect(controlPlane.calls('registerHostCluster')).toMatchObject([
    [{ name: 'frankfurt', skipProbe: true, inCluster: false, brokerUrl: 'mqtts://broker.example' }],
  ]);
  const sent = JSON.parse(registered().kubeconfig) as Record<string, unknown>;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  expect(sent).toMatchObject({
    'current-context': 'main',
    clusters: [{ cluster: { 'certificate-authority-data': base64('content of ca.crt') } }],
    users: [
      {
        user: {
          'client-certificate-data': base64('content of me.crt'),
          'client-key-data': base64('content of me.key'),
        },
      },
    ],
  });
  expect(registered().kubeconfig).not.toContain('hunter2');
  expect(registered().kubeconfig).not.toContain(folder);
});

test('add reads stdin, names a file that is not there, and leaves what is wrong to the control plane', async () => {
  await cli(['add', 'frankfurt', ...ADDRESSES, '--no-wait'], 'no: [kubeconfig');
  expect(registered().kubeconfig).toBe('no: [kubeconfig');
  const missing = await cli(['add', 'frankfurt', ...ADDRESSES, '--kubeconfig', 'gone']);
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('gone cannot be read')]);
  const named = kubeconfig({ cluster: { 'certificate-authority': 'gone.crt' } });
  expect((await cli(['add', 'frankfurt', ...ADDRESSES], named)).stderr).toContain(
    'certificate-authority gone.crt cannot be read',
  );
  const both = await cli(['add', 'frankfurt', ...ADDRESSES, '--kubeconfig', '-', '--in-cluster']);
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('not both')]);
  expect((await cli(['add', 'frankfurt', '--in-cluster'])).code).toBe(2);
});

test('add waits for the probe, and fails when it does', async () => {
  const { hostClusterFeed } = controlPlane.useCases;
  const running = start(['cluster', 'add', 'frankfurt', ...ADDRESSES, '--in-cluster'], surroundings());
  await eventually('a reader', () => hostClusterFeed.readers === 1);
  hostClusterFeed.push({ ...sample.hostCluster, probe: { state: 'waiting', since: sample.AT, image: null } });
  hostClusterFeed.push(sample.hostCluster);
  const { code, stderr } = await running.ended;
  expect(code).toBe(1);
  expect(stderr).toContain('the probe of frankfurt failed: broker.example cannot be looked up (PROBE_DNS)');
});

test('get shows what is known, and describe all of it, and never a credential', async () => {
  const { code, stdout } = await cli(['get']);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /frankfurt +reachable, draining +v1\.34\.4 +2\/3 +3\.5\/4 cores, .*210\/220 pods +failed +it did not answer/,
  );
  const described = await cli(['describe', 'frankfurt']);
  expect(described.stdout).toMatch(/Credential: +token, number 2, ends in 1 d/);
  expect(described.stdout).toMatch(/Last look: +now, answered in 12\.5 ms/);
  const json = JSON.parse((await cli(['get', 'frankfurt', '-o', 'json'])).stdout) as object;
  expect(json).toMatchObject({ name: 'frankfurt', status: { state: 'REACHABLE', room: { pods: 210 } } });
  expect(JSON.parse((await cli(['get', '-o', 'json'])).stdout)).toEqual([json]);
  expect((await cli(['get', 'gone'])).code).toBe(4);
});

test('rotate, drain, undrain and remove ask for just that', async () => {
  expect((await cli(['rotate', 'frankfurt', '--in-cluster'])).stdout).toContain(
    'frankfurt has another credential (number 2)',
  );
  expect((await cli(['drain', 'frankfurt'])).stdout).toBe('frankfurt is drained: nothing new is placed there\n');
  expect((await cli(['undrain', 'frankfurt'])).stdout).toBe('frankfurt is used again\n');
  expect((await cli(['remove', 'frankfurt', '--force'])).stderr).toContain('add --yes');
  expect((await cli(['remove', 'frankfurt', '--yes'])).stdout).toBe('host cluster frankfurt removed\n');
  expect(controlPlane.calls('removeHostCluster')).toEqual([[{ name: 'frankfurt', force: false }]]);
  expect((await cli(['probe', 'frankfurt', '--no-wait'])).stdout).toBe('the probe of frankfurt will run\n');
});

test('role prints the ClusterRole and asks nobody', async () => {
  const { code, stdout } = await run(['cluster', 'role'], {});
  expect([code, stdout]).toEqual([0, expect.stringContaining('kind: ClusterRole')]);
  const asJson = await run(['cluster', 'role', '-o', 'json'], {});
  expect(JSON.parse(asJson.stdout)).toMatchObject({ kind: 'ClusterRole', metadata: { name: 'cartwright' } });
});
