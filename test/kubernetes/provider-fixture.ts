/** The provider `kubernetes` on the cluster of the tests, in namespaces of its own. */
import { readFile } from 'node:fs/promises';
import { newUid } from '../../schema/ids.ts';
import { connect, type Connection } from '../../control-plane/adapters/kubernetes/host-clusters/connection.ts';
import type { ForeignChange } from '../../control-plane/adapters/kubernetes/pods/guard.ts';
import {
  createKubernetesProvider,
  type KubernetesProviderOptions,
} from '../../control-plane/adapters/kubernetes/provider.ts';
import type { ProviderFixture, RequestChanges } from '../../control-plane/adapters/testing/provider-contract.ts';
import { requestFor } from '../../control-plane/adapters/testing/provider-request.ts';
import { parseKubeconfig } from '../../control-plane/app/host-clusters/kubeconfig.ts';
import type { InstanceRequest, Provider } from '../../control-plane/app/ports/provider.ts';
import { kubectl } from './cluster.ts';
import { pushedImages } from './image-set.ts';
import { openVolumes } from './open-volumes.ts';

/** Ends at once when it is asked to, as an agent without an application does. */
const STAND_IN = ['/cartwright/tini', '--', 'sh', '-c', 'trap "exit 0" TERM; sleep 1000 & wait'];
const GIBIBYTE = 2 ** 30;

/** An image with a shell and `/cartwright/tini`; that of the cartridge `nodejs` unless CARTWRIGHT_TEST_STAND_IN names a smaller one. */
export async function standInImage(): Promise<string> {
  return process.env.CARTWRIGHT_TEST_STAND_IN ?? (await pushedImages(['nodejs'])).get('nodejs')!;
}

type FixtureOptions = Pick<KubernetesProviderOptions, 'stallMilliseconds' | 'onStall'>;

interface PodView {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: { readonly containerStatuses?: readonly { readonly state: { readonly running?: object } }[] };
}

export class KubernetesFixture implements ProviderFixture {
  readonly killedDetail = /its pod was deleted/;
  readonly prefix: string;
  readonly capacityBytes: number;
  readonly #image: string;
  readonly #opened: { readonly provider: Provider; readonly connection: Connection }[] = [];
  readonly problems: Error[] = [];
  /** What others did to objects of ours. */
  readonly changes: ForeignChange[] = [];
  provider!: Provider;

  /** What its providers are given beside what all are. */
  readonly #more: FixtureOptions;

  private constructor(image: string, capacityBytes: number, more: FixtureOptions) {
    // A platform of its own.
    this.prefix = `cw-${newUid().slice(-10)}`;
    this.#image = image;
    this.capacityBytes = capacityBytes;
    this.#more = more;
  }

  static async open(image: string, more: FixtureOptions = {}): Promise<KubernetesFixture> {
    const probe = new KubernetesFixture(image, 0, {});
    const provider = await probe.#openProvider();
    // What is free, in whole parts of the size that the contract takes.
    let quarters = 0;
    while ((await provider.room({ cpuCores: 0.05, memoryBytes: (quarters + 1) * GIBIBYTE })) >= 4) quarters += 1;
    await probe.close();
    const fixture = new KubernetesFixture(image, quarters * 4 * GIBIBYTE, more);
    fixture.provider = await fixture.#openProvider();
    return fixture;
  }

  get namespace(): string {
    return `${this.prefix}-default`;
  }

  async #openProvider(): Promise<Provider> {
    const text = await readFile(process.env.KUBECONFIG!, 'utf8');
    const connection = connect(parseKubeconfig(text, { commands: [], insecureHosts: [], now: Date.now() }));
    const provider = await createKubernetesProvider({
      config: connection.config,
      platform: this.prefix,
      namespacePrefix: this.prefix,
      audience: 'cartwright',
      imageOf: () => ({ image: this.#image, command: STAND_IN }),
      onProblem: (error) => this.problems.push(error),
      onForeignChange: (change) => this.changes.push(change),
      ...this.#more,
    });
    this.#opened.push({ provider, connection });
    return provider;
  }

  request(instance: string, changes: RequestChanges = {}): InstanceRequest {
    return requestFor(instance, changes, { runtime: 'container', directory: '/cartridge', cpuCores: 0.05 });
  }

  async reopen(): Promise<Provider> {
    await this.provider.close();
    this.provider = await this.#openProvider();
    return this.provider;
  }

  async pods(): Promise<readonly PodView[]> {
    return (JSON.parse(await kubectl('-n', this.namespace, 'get', 'pods', '-o', 'json')) as { items: PodView[] }).items;
  }

  /** Pods of the instance, as the lists of the Deployments and StatefulSets say. */
  async podsOf(instance: string): Promise<readonly PodView[]> {
    const text = await kubectl('-n', this.namespace, 'get', 'deployments,statefulsets', '-o', 'json');
    const { items } = JSON.parse(text) as { items: { metadata: { annotations: Record<string, string> } }[] };
    const slots = items.flatMap(
      ({ metadata }) =>
        JSON.parse(metadata.annotations['cartwright.dev/instances'] ?? '[]') as { instance: string; pod?: string }[],
    );
    const uids = slots.filter((slot) => slot.instance === instance).map(({ pod }) => pod);
    return (await this.pods()).filter(({ metadata }) => uids.includes(metadata.uid));
  }

  async agents(instance: string): Promise<number> {
    return (await this.podsOf(instance)).filter(({ status }) =>
      status.containerStatuses?.some(({ state }) => state.running !== undefined),
    ).length;
  }

  async processes(instance: string): Promise<number> {
    return (await this.podsOf(instance)).length;
  }

  async kill(instance: string): Promise<void> {
    for (const { metadata } of await this.podsOf(instance))
      await kubectl(
        '-n',
        this.namespace,
        'delete',
        'pod',
        metadata.name,
        '--grace-period=0',
        '--force',
        '--wait=false',
      );
  }

  async write(instance: string, text: string): Promise<void> {
    await this.#inPod(instance, `printf %s '${text}' > /cartwright/data/volumes/data/note`);
  }

  async read(instance: string): Promise<string> {
    return this.#inPod(instance, 'cat /cartwright/data/volumes/data/note 2>/dev/null || true');
  }

  async #inPod(instance: string, command: string): Promise<string> {
    await openVolumes(this.namespace);
    const [pod] = await this.podsOf(instance);
    return kubectl('-n', this.namespace, 'exec', pod!.metadata.name, '--', 'sh', '-c', command);
  }

  async volumes(cluster: string): Promise<number> {
    const label = `cartwright.dev/service-cluster=${cluster}`;
    return (await kubectl('-n', this.namespace, 'get', 'pvc', '-l', label, '-o', 'name'))
      .split('\n')
      .filter((line) => line !== '').length;
  }

  async close(): Promise<void> {
    for (const { provider, connection } of this.#opened) {
      await provider.close();
      await connection.close();
    }
    await kubectl('delete', 'namespace', this.namespace, '--ignore-not-found', '--wait=false');
    if (this.problems.length > 0) throw new AggregateError(this.problems, 'the provider met problems');
  }
}
