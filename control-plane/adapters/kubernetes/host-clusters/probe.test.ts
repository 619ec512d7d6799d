/** The objects of a probe, what its pod's states mean, and its program, run as the pod runs it. */
import { execFile } from 'node:child_process';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { V1ContainerState, V1Pod } from '@kubernetes/client-node';
import { issue } from '../../../../test/support/certificate.ts';
import { BrokerFixture } from '../../broker/testing/fixture.ts';
import { probeName, probePod, systemNamespace } from './probe-objects.ts';
import { probeOutcome } from './probe-outcome.ts';
import { probeProgram, TARGETS_VARIABLE } from './probe-program.ts';

const PLAN = {
  ...{ uid: '01m8jx35v3hc8e3ty2qbngk83n', image: 'probe:1', ca: null },
  ...{ brokerUrl: 'mqtt://broker.example', controlPlaneUrl: 'http://cartwright.example' },
};

test('a probe’s pod has no rights, and what Pod Security’s restricted wants', () => {
  const { metadata, spec } = probePod(PLAN, 180);
  expect(metadata).toEqual({
    name: 'cartwright-probe-3ty2qbngk83n',
    namespace: 'cartwright-system',
    labels: {
      'app.kubernetes.io/managed-by': 'cartwright',
      'app.kubernetes.io/name': 'cartwright-probe',
      'app.kubernetes.io/component': 'probe',
    },
  });
  expect(probeName(PLAN).length).toBeLessThanOrEqual(63);
  expect(spec).toMatchObject({
    ...{ restartPolicy: 'Never', activeDeadlineSeconds: 180, automountServiceAccountToken: false },
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  });
  expect(spec?.containers).toMatchObject([
    {
      image: 'probe:1',
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    },
  ]);
  expect(systemNamespace().metadata?.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
});

describe('a pod', () => {
  const withState = (
    state: V1ContainerState,
    conditions: object[] = [{ type: 'PodScheduled', status: 'True' }],
  ): V1Pod =>
    ({
      spec: { nodeName: 'one', containers: [{ name: 'probe', image: 'probe:1' }] },
      status: { phase: 'Pending', conditions, containerStatuses: [{ state }] },
    }) as unknown as V1Pod;
  const ended = (message: string, exitCode = 0) =>
    withState({ terminated: { exitCode, message, reason: 'Completed' } });
  const failure = { code: 'PROBE_DNS', message: 'broker.example cannot be looked up in a pod (ENOTFOUND)' };

  test.each<[string, V1Pod, object]>([
    ['whose last words name no failure has passed', ended('{"failures":[]}'), { kind: 'ended', failures: [] }],
    [
      'whose last words name one has failed with it',
      ended(JSON.stringify({ failures: [failure] }), 1),
      { failures: [failure] },
    ],
    [
      'whose words came by the log',
      ended(`a warning\n${JSON.stringify({ failures: [failure] })}\n`, 1),
      { failures: [failure] },
    ],
    ['that ended without words', ended('', 127), { failures: [{ code: 'PROBE_FAILED' }] }],
    [
      'that was killed before it could say anything',
      ended('{"failures":[]}', 137),
      { failures: [{ code: 'PROBE_FAILED' }] },
    ],
    [
      'that said something else',
      ended('sh: node: not found', 127),
      { failures: [{ message: expect.stringContaining('does its image have Node.js?') }] },
    ],
    [
      'whose image cannot be pulled',
      withState({ waiting: { reason: 'ImagePullBackOff', message: 'not found' } }),
      { kind: 'ended', failures: [{ code: 'PROBE_IMAGE' }] },
    ],
    [
      'whose image was not pulled at the first try',
      withState({ waiting: { reason: 'ErrImagePull' } }),
      { kind: 'running', waitsFor: { code: 'PROBE_IMAGE' } },
    ],
    [
      'whose image has a name that is none',
      withState({ waiting: { reason: 'InvalidImageName' } }),
      { kind: 'ended', failures: [{ code: 'PROBE_IMAGE' }] },
    ],
    [
      'that cannot be started',
      withState({ waiting: { reason: 'CreateContainerError' } }),
      { kind: 'ended', failures: [{ code: 'PROBE_REFUSED' }] },
    ],
    [
      'that is pulled',
      withState({ waiting: { reason: 'ContainerCreating' } }),
      { kind: 'running', waitsFor: { code: 'PROBE_TIMEOUT' } },
    ],
    ['that runs', withState({ running: {} }), { kind: 'running', waitsFor: { code: 'PROBE_TIMEOUT' } }],
    [
      'that no node takes',
      withState({}, [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'Insufficient cpu' }]),
      {
        kind: 'running',
        waitsFor: { code: 'PROBE_UNSCHEDULABLE', message: 'no node takes the pod (Unschedulable): Insufficient cpu' },
      },
    ],
    ['that nobody has looked at', {}, { kind: 'running', waitsFor: { code: 'PROBE_UNSCHEDULABLE' } }],
    [
      'that was evicted',
      { status: { phase: 'Failed', reason: 'Evicted' } },
      { kind: 'ended', failures: [{ code: 'PROBE_FAILED' }] },
    ],
  ])('%s', (_name, pod, expected) => {
    expect(probeOutcome(pod)).toMatchObject(expected);
  });
});

describe('the program', () => {
  let servers: Server[];
  let sockets: Socket[];
  beforeEach(() => {
    [servers, sockets] = [[], []];
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  });

  async function listen(server: Server): Promise<number> {
    servers.push(server);
    server.on('connection', (socket) => sockets.push(socket));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return (server.address() as AddressInfo).port;
  }
  const run = (
    urls: readonly string[],
    ca: string | null = null,
  ): Promise<{ code: number; failures: { code: string; message: string }[] }> =>
    new Promise((resolve) => {
      const targets = urls.map((url) => ({ what: 'it', url }));
      const env = { [TARGETS_VARIABLE]: JSON.stringify({ targets, ca }) };
      execFile(process.execPath, ['-e', probeProgram()], { env }, (error, stdout) => {
        const { failures } = JSON.parse(stdout) as { failures: { code: string; message: string }[] };
        resolve({ code: Number(error?.code ?? 0), failures });
      });
    });

  test('passes with a broker and a web server, with TLS where the authority is given', async () => {
    const broker = await BrokerFixture.open();
    const authority = issue('authority', { isAuthority: true });
    const { key, cert } = issue('127.0.0.1', { by: authority });
    const web = await listen(createHttps({ key, cert }, (_request, response) => response.writeHead(404).end()));
    const urls = [`mqtt://127.0.0.1:${broker.port}`, `https://127.0.0.1:${web}`];
    expect(await run(urls, authority.cert)).toEqual({ code: 0, failures: [] });
    expect(await run(urls)).toMatchObject({ code: 1, failures: [{ code: 'PROBE_TLS' }] });
    await broker.close();
  });

  test('names what is wrong with each address', async () => {
    const web = await listen(createHttp((_request, response) => response.end()));
    const closing = await listen(createTcp((socket) => socket.end()));
    const silent = await listen(createTcp());
    const closed = await listen(createTcp());
    await new Promise((done) => servers.pop()!.close(done));
    const { failures } = await run([
      ...['mqtts://nowhere.invalid:8883', `mqtt://127.0.0.1:${closed}`, `mqtt://127.0.0.1:${web}`],
      ...[`http://127.0.0.1:${closing}`, `http://127.0.0.1:${silent}`, `https://127.0.0.1:${web}`],
    ]);
    expect(failures.map(({ code }) => code)).toEqual([
      ...['PROBE_DNS', 'PROBE_CONNECT', 'PROBE_PROTOCOL', 'PROBE_PROTOCOL', 'PROBE_TIMEOUT', 'PROBE_TLS'],
    ]);
    expect(failures[1]?.message).toBe(`it, mqtt://127.0.0.1:${closed}: nothing listens there (connection refused)`);
  });
});
