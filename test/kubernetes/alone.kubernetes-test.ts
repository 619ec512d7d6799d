/**
 * What goes on in a host cluster while neither control plane nor broker is there: pods that are deleted come back and serve, load balancers among them
 * with the certificates of their application, and those that lived on send requests to the pods that came, also while their broker lives on. The broker
 * is a Mosquitto of this machine, from the PATH.
 */
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Mosquitto } from '../../control-plane/adapters/mqtt/testing/mosquitto.ts';
import { newUid } from '../../schema/ids.ts';
import { selfSigned } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-ports.ts';
import { Platform } from '../support/platform.ts';
import { Repository, WORKING } from '../support/repository.ts';
import { getText } from '../support/steady-load.ts';
import { testAccount, testCluster, type TestAccount } from './accounts.ts';
import { addressOfThisMachine, kubectl } from './cluster.ts';
import { pushedImages } from './image-set.ts';

jest.setTimeout(600_000);
const LIMIT = 240_000;
const REF = { application: 'shop', alias: 'web' };
const HOST = 'shop.example.org';
const CERTIFICATE = selfSigned(HOST);

interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  readonly isReady: boolean;
  readonly restarts: number;
}

/** A platform of its own among others on the same cluster. */
const prefix = `alone-${newUid().slice(-8)}`;
const namespace = `${prefix}-default`;
let folder: string;
let account: TestAccount;
let machine: string;
let broker: Mosquitto;
/** As pods reach the broker. */
let brokerUrl: string;
let platform: Platform;
let repository: Repository;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cartwright-alone-'));
  const images = join(folder, 'images.json');
  const pushed = await pushedImages(['nodejs', 'lb']);
  const catalogue = Object.fromEntries(['nodejs', 'lb'].map((name) => [name, pushed.get(name)]));
  await writeFile(images, JSON.stringify({ v: 1, images: catalogue }));
  account = await testAccount(testCluster(), prefix);
  machine = await addressOfThisMachine();
  const port = await freePort();
  brokerUrl = `mqtt://${machine}:${port}`;
  broker = await Mosquitto.start(['allow_anonymous true', `listener ${port} ${machine}`]);
  platform = await Platform.start({
    CARTWRIGHT_BROKER_URL: broker.url,
    CARTWRIGHT_PROVIDER: 'kubernetes',
    CARTWRIGHT_IMAGES: images,
    CARTWRIGHT_NAMESPACE_PREFIX: prefix,
    CARTWRIGHT_HTTP_HOST: machine,
    CARTWRIGHT_ALLOW_PLAINTEXT: 'true',
    CARTWRIGHT_ARTIFACT_SERVER_BYTES: String(2 ** 28),
    CARTWRIGHT_ARTIFACT_SERVER_STORAGE_CLASS: 'standard',
  });
  repository = await Repository.create(join(platform.repositories, 'shop'), WORKING('one'));
});

afterAll(async () => {
  if (process.env.CARTWRIGHT_TEST_SHOW === '1') process.stderr.write(await platform.log());
  await platform[Symbol.asyncDispose]();
  await broker.close();
  await kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false');
  await account[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function podsOf(selector: string): Promise<Pod[]> {
  const text = await kubectl('-n', namespace, 'get', 'pods', '-l', selector, '-o', 'json');
  const { items } = JSON.parse(text) as {
    items: {
      metadata: { name: string; uid: string; deletionTimestamp?: string };
      status: { podIP?: string; containerStatuses?: { ready: boolean; restartCount: number }[] };
    }[];
  };
  return items.flatMap(({ metadata, status }) =>
    metadata.deletionTimestamp === undefined
      ? [
          {
            ...{ name: metadata.name, uid: metadata.uid, ip: status.podIP ?? '' },
            isReady: status.containerStatuses?.[0]?.ready ?? false,
            restarts: status.containerStatuses?.[0]?.restartCount ?? 0,
          },
        ]
      : [],
  );
}

const web = (): Promise<Pod[]> => podsOf('cartwright.dev/alias=web');
const balancers = (): Promise<Pod[]> => podsOf('cartwright.dev/alias=lb');

async function active(alias = 'web'): Promise<string[]> {
  const { serviceCluster } = await platform.ask<{
    serviceCluster: { instances: { edges: { node: { uid: string; state: string } }[] } } | null;
  }>(
    `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) {
      instances(first: 50) { edges { node { uid state } } } } }`,
    { ref: { ...REF, alias } },
  );
  const nodes = serviceCluster?.instances.edges.map(({ node }) => node) ?? [];
  return nodes.flatMap(({ uid, state }) => (state === 'ACTIVE' ? [uid] : []));
}

/** Gives a volume that is a folder of this machine to the user of the platform's images: such ones are root's. `false`: it is none. */
async function giveVolume(): Promise<boolean> {
  const claim = ['-n', namespace, 'get', 'persistentvolumeclaim', 'cartwright-artifacts', '-o'];
  let volume = '';
  await eventually(
    'a volume',
    async () => (volume = await kubectl(...claim, 'jsonpath={.spec.volumeName}').catch(() => '')) !== '',
    LIMIT,
  );
  const path = await kubectl('get', 'persistentvolume', volume, '-o', 'jsonpath={.spec.hostPath.path}');
  if (path !== '') await chown(path, 10_001, 10_001);
  return path !== '';
}

const artifactServer = (): Promise<Pod[]> => podsOf('app.kubernetes.io/component=artifact-server');
const artifactServerLog = (): Promise<string> =>
  kubectl('-n', namespace, 'logs', 'deployment/cartwright-artifacts').catch(() => '');

/** Aliases whose release document holds the private key. */
async function kept(): Promise<string> {
  const text = await kubectl('-n', namespace, 'get', 'secrets', '-o', 'json');
  const { items } = JSON.parse(text) as {
    items: { metadata: { labels?: Record<string, string> }; data?: Record<string, string> }[];
  };
  const key = JSON.stringify(CERTIFICATE.key).slice(1, -1);
  const holds = (one: string): boolean => Buffer.from(one, 'base64').toString().includes(key);
  return items
    .filter(({ data = {} }) => Object.values(data).some(holds))
    .map(({ metadata }) => metadata.labels?.['cartwright.dev/alias'])
    .join();
}

const answerAt = (ip: string): Promise<string> => getText(`http://${ip}:8080/`).catch(() => '');

async function allBalance(): Promise<boolean> {
  const answers = await Promise.all((await balancers()).map(({ ip }) => answerAt(ip)));
  return answers.length === 2 && answers.every((answer) => answer === 'one');
}

/** Name in the certificate that is shown there to who asks for the host; empty: no TLS. */
function certificateAt(ip: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: ip, port: 8080, servername: HOST, rejectUnauthorized: false, timeout: 5000 });
    const end = (name: string): void => {
      socket.destroy();
      resolve(name);
    };
    socket.once('secureConnect', () => end(String(socket.getPeerCertificate().subject.CN)));
    socket.once('error', () => end('')).once('timeout', () => end(''));
  });
}

const allAreEncrypted = async (): Promise<boolean> =>
  (await Promise.all((await balancers()).map(({ ip }) => certificateAt(ip)))).join() === `${HOST},${HOST}`;

test('an application serves, its artifact is in the host cluster and its release document in the namespace', async () => {
  const answer = await platform.ask<{ registerHostCluster: { userErrors: unknown[] } }>(
    `mutation ($input: RegisterHostClusterInput!) { registerHostCluster(input: $input) { userErrors { message } } }`,
    {
      input: {
        ...{ name: 'here', kubeconfig: account.kubeconfig, skipProbe: true, controlPlaneUrl: platform.url, brokerUrl },
      },
    },
  );
  expect(answer.registerHostCluster.userErrors).toEqual([]);
  await platform.apply({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop' },
    spec: {
      components: [
        {
          ...{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs' },
          source: { git: { url: repository.url, branch: 'main' } },
          resources: { cpuCores: 0.05, memoryBytes: '160Mi' },
          autoscaling: { minimum: 1, maximum: 1 },
        },
      ],
    },
  });
  await eventually('one instance', async () => (await active()).length === 1, LIMIT);
  await eventually('two load balancers', async () => (await active('lb')).length === 2, LIMIT);
  await eventually('both to serve', allBalance, LIMIT);
  const { setCertificate } = await platform.ask<{ setCertificate: { userErrors: unknown[] } }>(
    'mutation ($input: SetCertificateInput!) { setCertificate(input: $input) { userErrors { message } } }',
    { input: { application: 'shop', host: HOST, chain: CERTIFICATE.cert, key: CERTIFICATE.key } },
  );
  expect(setCertificate.userErrors).toEqual([]);
  await eventually('both to speak TLS', allAreEncrypted, LIMIT);
  await eventually(
    'the certificate beside the balancers, and nowhere else',
    async () => (await kept()) === 'lb',
    LIMIT,
  );
  const secrets = await kubectl(
    ...['-n', namespace, 'get', 'secrets', '-l', 'cartwright.dev/alias=web', '-o'],
    'jsonpath={.items[*].type}',
  );
  expect(secrets).toBe('cartwright.dev/release');
  await eventually(
    'the artifact in the host cluster',
    async () => (await artifactServerLog()).includes('artifact kept'),
    LIMIT,
  );
});

test('artifacts are kept in a volume that only root may write as well, and in the volume once it may be written', async () => {
  const [first] = await artifactServer();
  expect(first!.restarts).toBe(0);
  const log = await artifactServerLog();
  if (!(await giveVolume())) return;
  expect(log).toContain('the volume cannot be written');
  await kubectl('-n', namespace, 'delete', 'pod', first!.name, '--wait=true');
  await eventually(
    'another that keeps them in it',
    async () => (await artifactServerLog()).includes('artifact kept'),
    LIMIT,
  );
  expect(await artifactServerLog()).not.toContain('the volume cannot be written');
});

test('nothing of it is written again while nothing changes', async () => {
  const versions = (): Promise<string> =>
    kubectl(
      ...['-n', namespace, 'get', 'secrets,deployments,services,networkpolicies,persistentvolumeclaims', '-o'],
      'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.generation} {.metadata.annotations.cartwright\\.dev/digest}{"\\n"}{end}',
    );
  const resource = (): Promise<string> =>
    kubectl('-n', namespace, 'get', 'secrets', '-o', 'jsonpath={.items[*].metadata.resourceVersion}');
  const before = [await versions(), await resource()];
  await platform.end('SIGKILL');
  await platform.run();
  await eventually('it is known again', async () => (await active()).length === 1, LIMIT);
  expect([await versions(), await resource()]).toEqual(before);
});

test('a pod that is deleted while nobody is there comes back, and serves; then it is known, and nothing is restarted', async () => {
  const [first] = await web();
  const [ended, living] = await balancers();
  await platform.end('SIGKILL');
  await broker.kill();
  const began = performance.now();
  await kubectl('-n', namespace, 'delete', 'pod', first!.name, ended!.name, '--grace-period=1', '--wait=false');
  await eventually(
    'another that is ready',
    async () => {
      const pods = await web();
      return pods.length === 1 && pods[0]!.uid !== first!.uid && pods[0]!.isReady;
    },
    LIMIT,
  );
  const seconds = (performance.now() - began) / 1000;
  process.stderr.write(`ready ${seconds.toFixed(1)} s after its predecessor was deleted\n`);
  const [alone] = await web();
  expect(await answerAt(alone!.ip)).toBe('one');
  const log = await kubectl('-n', namespace, 'logs', alone!.name);
  expect(log).toContain('it runs by its release document');
  await eventually('both load balancers to send requests to it', allBalance, LIMIT);
  await eventually('both to speak TLS, the new one too', allAreEncrypted, LIMIT);
  process.stderr.write(`balanced ${((performance.now() - began) / 1000).toFixed(1)} s after both were deleted\n`);
  const balancing = await balancers();
  expect(balancing.map(({ uid }) => uid)).toContain(living!.uid);
  expect(balancing.map(({ uid }) => uid)).not.toContain(ended!.uid);

  await broker.run();
  await platform.run();
  await eventually(
    'it is known again',
    async () =>
      (await active()).length === 1 &&
      (await active('lb')).length === 2 &&
      (await kubectl('-n', namespace, 'logs', alone!.name)).includes('"connected"'),
    LIMIT,
  );
  // For as long as something that is left over would be let go.
  const stays = performance.now() + 5000;
  await eventually('a while', () => performance.now() > stays, 10_000);
  expect(await web()).toEqual([alone]);
  expect(await balancers()).toEqual(balancing);
  expect(await active()).toHaveLength(1);
  expect(await answerAt(alone!.ip)).toBe('one');
  expect(await allBalance()).toBe(true);
});

test('load balancers that hear a broker without a control plane send requests to a pod that came in another’s place', async () => {
  const [first] = await web();
  const before = await balancers();
  await platform.end('SIGKILL');
  await kubectl('-n', namespace, 'delete', 'pod', first!.name, '--grace-period=1', '--wait=false');
  const began = performance.now();
  await eventually(
    'another that is ready',
    async () => {
      const pods = await web();
      return pods.length === 1 && pods[0]!.uid !== first!.uid && pods[0]!.isReady;
    },
    LIMIT,
  );
  process.stderr.write(`ready ${((performance.now() - began) / 1000).toFixed(1)} s after it was deleted\n`);
  await eventually('both load balancers to send requests to it', allBalance, LIMIT);
  process.stderr.write(`balanced ${((performance.now() - began) / 1000).toFixed(1)} s after it was deleted\n`);
  expect((await balancers()).map(({ uid }) => uid)).toEqual(before.map(({ uid }) => uid));
  const logs = await Promise.all(before.map(({ name }) => kubectl('-n', namespace, 'logs', name)));
  expect(logs.filter((log) => log.includes('requests fail and no control plane answers'))).toHaveLength(2);
  await platform.run();
  await eventually('it is known again', async () => (await active()).length === 1 && (await allBalance()), LIMIT);
});

test('the artifacts go from the host cluster with the last application', async () => {
  const answer = await platform.ask<{ deleteApplication: { userErrors: unknown[] } }>(
    'mutation ($input: DeleteApplicationInput!) { deleteApplication(input: $input) { userErrors { message } } }',
    { input: { name: 'shop' } },
  );
  expect(answer.deleteApplication.userErrors).toEqual([]);
  await eventually(
    'nothing',
    async () =>
      (await kubectl(
        '-n',
        namespace,
        'get',
        'deployments,pods,services,secrets,persistentvolumeclaims',
        '-o',
        'name',
      )) === '',
    LIMIT,
  );
});
