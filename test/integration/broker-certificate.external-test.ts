/**
 * A broker with a certificate of a private authority: the control plane and its agents are given that authority by one setting, and
 * say in one sentence, each in its log and the agents' in their instances' state, what is wrong with a certificate that they refuse.
 */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Mosquitto } from '../../control-plane/adapters/mqtt/testing/mosquitto.ts';
import { issue, type Issued } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { Repository, WORKING } from '../support/repository.ts';
import { getText } from '../support/steady-load.ts';

jest.setTimeout(240_000);
const LIMIT = 60_000;
const HOST = '127.0.0.1';

let stack: AsyncDisposableStack;
let folder: string;
let authority: Issued;
let broker: Mosquitto;
let platform: Platform;

const caFile = () => join(folder, 'ca.pem');
const settings = () => ({
  CARTWRIGHT_BROKER_URL: `mqtts://${HOST}:${broker.port}`,
  CARTWRIGHT_BROKER_CA_FILE: caFile(),
});

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  folder = await mkdtemp(join(tmpdir(), 'cartwright-tls-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  authority = issue('Private Authority', { isAuthority: true });
  await writeFile(caFile(), authority.cert);
  broker = await Mosquitto.startWithTls(issue(HOST, { by: authority }));
  stack.defer(() => broker.close());
  platform = stack.use(await Platform.start(settings()));
});
afterEach(() => stack.disposeAsync());

interface Instance {
  readonly uid: string;
  readonly state: string;
  readonly reason: { readonly code: string; readonly message: string } | null;
}

async function instances(): Promise<Instance[]> {
  const { serviceCluster } = await platform.ask<{ serviceCluster: { instances: { edges: { node: Instance }[] } } }>(
    `{ serviceCluster(ref: { application: "shop", alias: "web" }) {
      instances(first: 50) { edges { node { uid state reason { code message } } } } } }`,
  );
  return serviceCluster.instances.edges.map(({ node }) => node);
}

async function deploy(): Promise<Instance> {
  const repository = await Repository.create(join(platform.repositories, 'shop'), WORKING('one'));
  await platform.apply({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop' },
    spec: {
      components: [{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs', source: { git: { url: repository.url } } }],
    },
  });
  await eventually('it serves', async () => (await getText(await url())) === 'one', LIMIT);
  return (await instances())[0]!;
}

async function url(): Promise<string> {
  const answer = await platform.ask<{ application: { url: string | null } }>('{ application(name: "shop") { url } }');
  if (answer.application.url === null) throw new Error('it has no URL yet');
  return answer.application.url;
}

const agentLog = (instance: string): string =>
  readFileSync(join(platform.data, 'instances', instance, 'logs/agent.log'), 'utf8');

/** The broker is started again with another certificate. */
async function present(certificate: Issued): Promise<void> {
  await broker.kill();
  await broker.present(certificate);
  await broker.run();
}

test.each([
  {
    what: 'has expired',
    certificate: () => issue(HOST, { by: authority, until: new Date('2021-01-01') }),
    code: 'broker-certificate-expired',
    sentence: `the certificate of the broker ${HOST}:PORT, or of its authority, has expired`,
  },
  {
    what: 'is of another authority',
    certificate: () => issue(HOST, { by: issue('Another Authority', { isAuthority: true }) }),
    code: 'broker-certificate-not-trusted',
    sentence: `the certificate of the broker ${HOST}:PORT is not of an authority that is trusted here`,
  },
  {
    what: 'is for another host',
    certificate: () => issue('broker.example.org', { by: authority }),
    code: 'broker-certificate-wrong-host',
    sentence: `the certificate of the broker is for another host (DNS:broker.example.org) than ${HOST}:PORT`,
  },
])(
  'a certificate that $what is told by the control plane, the agents and their instances, and forgotten with a good one',
  async ({ certificate, code, sentence }) => {
    const { uid } = await deploy();
    const expected = sentence.replace('PORT', `${broker.port}`);
    await present(certificate());
    await eventually('the control plane says it', async () => (await platform.log()).includes(expected), LIMIT);
    await eventually('the agent says it', () => agentLog(uid).includes(expected), LIMIT);
    await eventually(
      'whoever asks whether it is ready is told',
      async () => {
        const ready = await fetch(`${platform.url}/readyz`);
        return ready.status === 503 && (await ready.text()).includes(expected);
      },
      LIMIT,
    );
    await eventually(
      'its instance says it',
      async () =>
        (await instances()).some(({ reason }) => reason?.code === code && reason.message.startsWith(expected)),
      LIMIT,
    );
    expect(await getText(await url())).toBe('one');

    await present(issue(HOST, { by: authority }));
    await eventually(
      'it is the same instance, and nothing is wrong with it',
      async () =>
        (await platform.isReady()) && (await instances()).every((one) => one.uid === uid && one.reason === null),
      LIMIT,
    );
  },
);

test('another authority in the file reaches the instances that run when the control plane is started again', async () => {
  const { uid } = await deploy();
  const next = issue('Next Authority', { isAuthority: true });
  await present(issue(HOST, { by: next }));
  await eventually('it is not trusted', async () => (await platform.log()).includes('not of an authority'), LIMIT);
  await writeFile(caFile(), authority.cert + next.cert);
  await platform.end('SIGTERM');
  await platform.run();
  const handed = readFileSync(join(platform.data, 'instances', uid, 'broker-ca.pem'), 'utf8');
  expect(handed.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  await eventually(
    'it is heard of',
    async () => (await instances()).every((one) => one.uid === uid && one.state === 'ACTIVE' && one.reason === null),
    LIMIT,
  );
});

test('a file that is none of certificates ends the start with one sentence', async () => {
  await platform.end('SIGTERM');
  for (const [text, why] of [
    ['nothing of the kind', 'holds no certificate'],
    [authority.cert + authority.key, 'holds a private key'],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'holds a certificate that cannot be read'],
  ] as const) {
    await writeFile(caFile(), text);
    await expect(platform.run()).rejects.toThrow(why);
  }
});
