/** An application with a volume on a real cluster: its data outlives its pods, fewer of them, and its StatefulSet, and goes with the application. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { newUid } from '../../schema/ids.ts';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { testAccount, testCluster, type TestAccount } from './accounts.ts';
import { addressOfThisMachine, kubectl } from './cluster.ts';
import { pushedImages } from './image-set.ts';
import { openVolumes } from './open-volumes.ts';
import { kept, note, notesApplication, notesCartridge, numberOf } from './notes.ts';
import { isReady, podsIn, type PodView } from './pods.ts';
import { KubernetesFixture } from './provider-fixture.ts';

jest.setTimeout(400_000);
const LIMIT = 180_000;
const REF = { application: 'shop', alias: 'notes' };

let image = '';
beforeAll(async () => {
  image = (await pushedImages(['nodejs'])).get('nodejs')!;
});

describe('an application with a volume', () => {
  /** A platform of its own among others on the same cluster. */
  const prefix = `kept-${newUid().slice(-8)}`;
  const namespace = `${prefix}-default`;
  let folder: string;
  let account: TestAccount;
  let platform: Platform;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cartwright-kept-'));
    const images = join(folder, 'images.json');
    await writeFile(images, JSON.stringify({ v: 1, images: { nodejs: image } }));
    account = await testAccount(testCluster(), prefix);
    const machine = await addressOfThisMachine();
    platform = await Platform.start({
      CARTWRIGHT_PROVIDER: 'kubernetes',
      CARTWRIGHT_IMAGES: images,
      CARTWRIGHT_NAMESPACE_PREFIX: prefix,
      CARTWRIGHT_HTTP_HOST: machine,
      CARTWRIGHT_MQTT_HOST: machine,
      CARTWRIGHT_ALLOW_PLAINTEXT: 'true',
    });
    await changed('registerHostCluster', 'RegisterHostClusterInput', {
      ...{ name: 'here', kubeconfig: account.kubeconfig, skipProbe: true },
      brokerUrl: `mqtt://${machine}:${platform.environment.CARTWRIGHT_MQTT_PORT}`,
      controlPlaneUrl: platform.url,
    });
  });

  afterAll(async () => {
    if (process.env.CARTWRIGHT_TEST_SHOW === '1') process.stderr.write(await platform.log());
    await platform[Symbol.asyncDispose]();
    await kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false');
    await account[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function changed(mutation: string, type: string, input: object): Promise<void> {
    const answer = await platform.ask<Record<string, { readonly userErrors: readonly object[] }>>(
      `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { message } } }`,
      { input },
    );
    expect(answer[mutation]?.userErrors).toEqual([]);
  }

  const scale = (count: number): Promise<void> =>
    changed('scale', 'ScaleInput', { ref: REF, kind: 'PIN', instances: count, reason: 'a test' });

  async function active(): Promise<string[]> {
    const { serviceCluster } = await platform.ask<{
      serviceCluster: { instances: { edges: { node: { uid: string; state: string } }[] } } | null;
    }>(
      `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) { instances(first: 50) { edges { node { uid state } } } } }`,
      { ref: REF },
    );
    const nodes = serviceCluster?.instances.edges.map(({ node }) => node) ?? [];
    return nodes.flatMap(({ uid, state }) => (state === 'ACTIVE' ? [uid] : [])).sort();
  }

  /** By their numbers; those that are Ready. */
  async function pods(): Promise<Map<number, PodView>> {
    return new Map((await podsIn(namespace)).filter(isReady).map((pod) => [numberOf(pod), pod]));
  }

  async function running(count: number): Promise<Map<number, PodView>> {
    return eventually(
      `${count} instances serve`,
      async () => {
        const seen = await pods();
        return (await active()).length === count && seen.size === count ? seen : undefined;
      },
      LIMIT,
    );
  }

  const instanceOf = (pod: PodView | undefined): string | undefined => pod?.metadata.labels['cartwright.dev/instance'];
  const claims = async (): Promise<number> =>
    (await kubectl('-n', namespace, 'get', 'pvc', '-o', 'name')).split('\n').filter((line) => line !== '').length;

  test('writes to it in each of its instances', async () => {
    await platform.apply(notesCartridge(image));
    await platform.apply(notesApplication({ ...REF, minimum: 2 }));
    await running(2);
    await scale(3);
    const seen = await running(3);
    expect([...seen.keys()].sort()).toEqual([0, 1, 2]);
    expect(await claims()).toBe(3);
    await openVolumes(namespace);
    for (const [number, pod] of seen) expect(await note(pod, `of ${number}`)).toBe(kept(`of ${number}`));
  });

  test('shows the claims of its instances', async () => {
    const uid = instanceOf((await pods()).get(1));
    const { instance } = await platform.ask<{
      instance: { observed: { objects: { kind: string; detail: string }[] } };
    }>(`query ($uid: ID!) { instance(uid: $uid) { observed { objects { kind detail } } } }`, { uid });
    expect(instance.observed.objects).toContainEqual({ kind: 'PersistentVolumeClaim', detail: 'data, 8 MiB, Bound' });
  });

  test('goes on as the same instance with its data when its pod is deleted, on another node where there is one', async () => {
    const before = (await running(3)).get(1)!;
    const nodes = (await kubectl('get', 'nodes', '-o', 'name')).trim().split('\n');
    const moves = nodes.length > 1;
    if (moves) await kubectl('cordon', before.spec.nodeName!);
    try {
      await kubectl('-n', namespace, 'delete', 'pod', before.metadata.name, '--wait=false');
      const after = await eventually(
        'another pod serves',
        async () => {
          const pod = (await pods()).get(1);
          return pod !== undefined && pod.metadata.uid !== before.metadata.uid ? pod : undefined;
        },
        LIMIT,
      );
      expect(await note(after)).toBe(kept('of 1'));
      expect(after.spec.nodeName !== before.spec.nodeName).toBe(moves);
      await eventually('it is told of', async () => (await active()).length === 3, LIMIT);
      expect(await active()).toContain(instanceOf(before));
      expect(instanceOf((await running(3)).get(1))).toBe(instanceOf(before));
    } finally {
      if (moves) await kubectl('uncordon', before.spec.nodeName!);
    }
  });

  test('loses the highest number when fewer are wanted, and has its data when it is back', async () => {
    const before = await running(3);
    await scale(2);
    const fewer = await running(2);
    expect([...fewer].map(([number, pod]) => [number, instanceOf(pod)]).sort()).toEqual(
      [0, 1].map((number) => [number, instanceOf(before.get(number))]),
    );
    expect(await claims()).toBe(3);
    await scale(3);
    const again = await running(3);
    expect(instanceOf(again.get(2))).not.toBe(instanceOf(before.get(2)));
    for (const [number, pod] of again) expect(await note(pod)).toBe(kept(`of ${number}`));
  });

  test('leaves nothing when it is deleted', async () => {
    await changed('deleteApplication', 'DeleteApplicationInput', { name: 'shop' });
    const kinds = 'statefulsets,pods,services,poddisruptionbudgets,pvc';
    await eventually(
      'nothing of it',
      async () => (await kubectl('-n', namespace, 'get', kinds, '-o', 'name')).trim() === '',
      LIMIT,
    );
    await eventually(
      'it is gone',
      async () =>
        (await platform.ask<{ application: object | null }>('{ application(name: "shop") { uid } }')).application ===
        null,
      LIMIT,
    );
    const volumes = JSON.parse(await kubectl('get', 'pv', '-o', 'json')) as {
      items: { spec: { claimRef?: { namespace: string } }; status: { phase: string } }[];
    };
    const ours = volumes.items.filter(({ spec }) => spec.claimRef?.namespace === namespace);
    expect(ours.filter(({ status }) => status.phase === 'Bound')).toEqual([]);
  });
});

describe('a StatefulSet', () => {
  let fixture: KubernetesFixture;
  beforeAll(async () => {
    fixture = await KubernetesFixture.open(image);
  });
  afterAll(() => fixture.close());

  const running = (instance: string) =>
    eventually(
      `${instance} runs`,
      async () => (await fixture.provider.list()).some((one) => one.instance === instance && one.state === 'running'),
      LIMIT,
    );
  const begin = async (instance: string): Promise<void> => {
    await fixture.provider.create(fixture.request(instance, { hasVolume: true }));
    await running(instance);
  };
  const inNamespace = (...args: string[]) => kubectl('-n', fixture.namespace, ...args);
  const field = (path: string) => inNamespace('get', 'statefulsets', '-o', `jsonpath={.items[0]${path}}`);

  test('that somebody scales or changes is as it was at once, and it is told of', async () => {
    await begin('one');
    await fixture.write('one', 'kept');
    const name = await field('.metadata.name');
    await inNamespace('scale', `statefulset/${name}`, '--replicas=2');
    await eventually('one replica', async () => (await field('.spec.replicas')) === '1', LIMIT);
    await inNamespace('label', 'statefulset', name, 'cartwright.dev/tenant=mallory', '--overwrite');
    await eventually(
      'the label is ours',
      async () => (await field('.metadata.labels.cartwright\\.dev/tenant')) === 'default',
      LIMIT,
    );
    await eventually('both are told of', () => fixture.changes.length >= 2);
    expect(fixture.changes.map(({ kind, fields }) => [kind, fields])).toEqual(
      expect.arrayContaining([
        ['StatefulSet', ['spec.replicas']],
        ['StatefulSet', ['metadata.labels.cartwright.dev/tenant']],
      ]),
    );
  });

  test('that somebody deletes takes its instances along, and none of their data', async () => {
    await inNamespace('delete', 'statefulset', await field('.metadata.name'), '--wait=true');
    await eventually('it is gone', async () => (await fixture.provider.list()).length === 0, LIMIT);
    await begin('two');
    expect(await fixture.read('two')).toBe('kept');
    await fixture.provider.stop('two', 5);
    await fixture.provider.remove('two');
    await fixture.provider.removeCluster!('cluster');
    expect(await fixture.volumes('cluster')).toBe(0);
  });
});
