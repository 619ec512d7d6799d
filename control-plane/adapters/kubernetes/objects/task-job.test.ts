/** The objects of a one-off task, whole: what changes in them changes in clusters. */
import { expect, test } from '@jest/globals';
import { cartridgeSpec } from '../../../../schema/manifests/cartridge.ts';
import { LABELS } from './names.ts';
import { taskJob, taskPolicy, type TaskJobRequest } from './task-job.ts';

const spec = cartridgeSpec.parse({
  version: '1',
  category: 'framework',
  runtimes: ['container'],
  ports: [{ name: 'http', protocol: 'http' }],
  network: { to: ['10.20.0.0/16'] },
  resources: { cpuCores: 0.25, memoryBytes: 134217728 },
});
const request: TaskJobRequest = {
  ...{ platform: 'p1', namespace: 'cartwright-acme', audience: 'https://paas.example', cartridge: 'nodejs', spec },
  identity: { tenant: 'acme', application: 'shop', alias: 'web', cluster: '01k0000000000000000000000c' },
  image: `registry.example/nodejs@sha256:${'0a'.repeat(32)}`,
  exchange: { controlPlane: 'https://paas.example', hostCluster: '01k0000000000000000000000h' },
  kind: 'task',
  ...{ task: '01k0000000000000000000000t', timeoutSeconds: 59.5 },
};

test('a task is a Job of one pod that is never made again, with what an instance has but for whom it serves', () => {
  expect(taskJob(request)).toMatchSnapshot();
});

test('its pod is none that a Deployment of its service cluster would take for its own', () => {
  const labels = taskJob(request).spec!.template.metadata!.labels!;
  expect([labels[LABELS.cluster], labels[LABELS.partition], labels[LABELS.category]]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('what its pod may reach is made of the Job as it is found, and goes with it', () => {
  const job = taskJob(request);
  const found = { ...job, metadata: { ...job.metadata, uid: 'uid-of-the-job' } };
  expect(taskPolicy(JSON.parse(JSON.stringify(found)) as typeof found)).toMatchSnapshot();
});

test('a build has limits of its own, and is nobody whom its application would let in', () => {
  const job = taskJob({ ...request, kind: 'build', limits: { cpuCores: 1, diskBytes: 2 ** 32 } });
  const { containers } = job.spec!.template.spec!;
  expect([job.metadata!.name, containers[0]!.args]).toEqual([`build-${request.task}`, ['--identity', '--build']]);
  expect(containers[0]!.resources).toEqual({
    requests: { cpu: '250m', memory: '134217728', 'ephemeral-storage': '64Mi' },
    limits: { cpu: '1000m', memory: '134217728', 'ephemeral-storage': '4294967296' },
  });
  expect(job.spec!.template.metadata!.labels).not.toHaveProperty([LABELS.application]);
  const policy = taskPolicy({ ...job, metadata: { ...job.metadata, uid: 'u' } });
  expect(policy.spec).toMatchObject({
    podSelector: { matchLabels: { [LABELS.build]: request.task } },
    egress: [{ to: [{ ipBlock: { cidr: '10.20.0.0/16' } }] }],
  });
});

test('it goes to the nodes of its partition', () => {
  const nodeSelector = { 'topology.kubernetes.io/zone': 'a' };
  expect(taskJob({ ...request, nodeSelector }).spec!.template.spec!.nodeSelector).toEqual(nodeSelector);
});
