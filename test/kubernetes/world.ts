/**
 * A control plane whose instances are pods of the cluster of the tests, as the compiled program, in namespaces of its own; with the application
 * `shop` that one of its tests deploys. Disposed, nothing of it is left.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newUid } from '../../schema/ids.ts';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { Repository } from '../support/repository.ts';
import { testAccount, testCluster, type TestAccount } from './accounts.ts';
import { addressOfThisMachine, kubectl } from './cluster.ts';
import { pushedImages } from './image-set.ts';
import { isReady, podsIn, type PodView } from './pods.ts';

/** For what a busy machine takes its time for: pulling, starting, draining. */
export const LIMIT = 400_000;
export const REF = { application: 'shop', alias: 'web' };

export interface SeenInstance {
  readonly uid: string;
  readonly state: string;
  readonly host: string | null;
  readonly release: { readonly number: number } | null;
  readonly placement: { readonly hostCluster: string } | null;
  readonly reason: { readonly code: string; readonly message: string } | null;
}

interface Changed {
  readonly userErrors: readonly { readonly message: string }[];
}

export interface WorldOptions {
  readonly name: string;
  /** Names of cartridges beside `lb`. */
  readonly cartridges?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
}

export class KubernetesWorld implements AsyncDisposable {
  /** A platform of its own among others on the same cluster. */
  readonly prefix: string;
  readonly platform: Platform;
  readonly account: TestAccount;
  readonly #folder: string;
  readonly #machine: string;

  private constructor(prefix: string, platform: Platform, account: TestAccount, folder: string, machine: string) {
    this.prefix = prefix;
    this.platform = platform;
    this.account = account;
    this.#folder = folder;
    this.#machine = machine;
  }

  static async open({ name, cartridges = ['nodejs'], settings = {} }: WorldOptions): Promise<KubernetesWorld> {
    const prefix = `${name}-${newUid().slice(-8)}`;
    const folder = await mkdtemp(join(tmpdir(), `cartwright-${name}-`));
    const images = join(folder, 'images.json');
    const names = [...cartridges, 'lb'];
    const pushed = await pushedImages(names);
    const catalogue = Object.fromEntries(names.map((one) => [one, pushed.get(one)]));
    await writeFile(images, JSON.stringify({ v: 1, images: catalogue }));
    const account = await testAccount(testCluster(), prefix);
    const machine = await addressOfThisMachine();
    const platform = await Platform.start({
      CARTWRIGHT_PROVIDER: 'kubernetes',
      CARTWRIGHT_IMAGES: images,
      CARTWRIGHT_NAMESPACE_PREFIX: prefix,
      CARTWRIGHT_HTTP_HOST: machine,
      CARTWRIGHT_MQTT_HOST: machine,
      CARTWRIGHT_ALLOW_PLAINTEXT: 'true',
      ...settings,
    });
    return new KubernetesWorld(prefix, platform, account, folder, machine);
  }

  /** From now on the catalogue names this image; the control plane is started anew with it. */
  async takeImage(cartridge: string, image: string): Promise<void> {
    const file = join(this.#folder, 'images.json');
    const catalogue = JSON.parse(await readFile(file, 'utf8')) as { readonly images: Record<string, string> };
    await writeFile(file, JSON.stringify({ ...catalogue, images: { ...catalogue.images, [cartridge]: image } }));
    await this.platform.end('SIGTERM');
    await this.platform.run();
  }

  get namespace(): string {
    return `${this.prefix}-default`;
  }

  /** `kubeconfig`: of the host cluster; by default that of the tests, with the rights of the ClusterRole and no more. */
  async register(name: string, kubeconfig = this.account.kubeconfig): Promise<void> {
    await this.change('registerHostCluster', 'RegisterHostClusterInput', {
      ...{ name, kubeconfig, skipProbe: true },
      brokerUrl: `mqtt://${this.#machine}:${this.platform.environment.CARTWRIGHT_MQTT_PORT}`,
      controlPlaneUrl: this.platform.url,
    });
  }

  /**
   * Applies `shop` with the component `web` from a repository of its own; its first release is under way then. `source`: a program of Node.js, or
   * all files by their paths.
   */
  async deploy(
    source: string | Readonly<Record<string, string>>,
    component: Readonly<Record<string, unknown>> = {},
  ): Promise<Repository> {
    const directory = join(this.platform.repositories, 'shop');
    const repository = await (typeof source === 'string'
      ? Repository.create(directory, source)
      : Repository.of(directory, source));
    await this.platform.apply({
      apiVersion: 'cartwright.dev/v1',
      kind: 'Application',
      metadata: { name: 'shop' },
      spec: {
        components: [
          {
            ...{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs' },
            source: { git: { url: repository.url, branch: 'main' } },
            resources: { cpuCores: 0.05, memoryBytes: '160Mi' },
            autoscaling: { minimum: 1, maximum: 4, factors: { loadAverage: { target: 90 } } },
            ...component,
          },
        ],
      },
    });
    return repository;
  }

  /** Throws what the mutation refuses. */
  async change(mutation: string, type: string, input: object): Promise<void> {
    const answer = await this.platform.ask<Record<string, Changed>>(
      `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { message } } }`,
      { input },
    );
    const refused = answer[mutation]?.userErrors ?? [];
    if (refused.length > 0) throw new Error(refused.map(({ message }) => message).join('; '));
  }

  scale(instances: number): Promise<void> {
    return this.change('scale', 'ScaleInput', { ref: REF, kind: 'PIN', instances, reason: 'a test' });
  }

  /** Scales, and waits until as many serve and no other is there. */
  async scaled(instances: number): Promise<void> {
    await this.scale(instances);
    await this.rests(instances);
  }

  /** Waits until as many serve and no other is there; what there is instead is told when they do not. */
  async rests(instances: number): Promise<void> {
    await eventually(
      `${instances} that serve`,
      async () => {
        if (!(await this.isAtRest(instances))) throw new Error(await this.#presence());
        return true;
      },
      LIMIT,
    );
  }

  /** What there is, for who looks for a reason. */
  async #presence(): Promise<string> {
    const [instances, pods] = await Promise.all([this.instances(), this.#podList('web')]);
    const present = instances.filter(({ state }) => state !== 'TERMINATED');
    const shown = pods.map((pod) => ({ name: pod.metadata.name, status: pod.status }));
    return `instances ${JSON.stringify(present)}, pods ${JSON.stringify(shown)}`;
  }

  /** As many are active as are said, and there are no others, neither instances nor pods. */
  async isAtRest(instances: number): Promise<boolean> {
    const present = (await this.instances()).filter(({ state }) => state !== 'TERMINATED');
    return (
      present.length === instances &&
      present.every(({ state }) => state === 'ACTIVE') &&
      (await this.#podList('web')).filter(isReady).length === instances &&
      (await this.pods('web')).length === instances
    );
  }

  async instances(alias = 'web'): Promise<SeenInstance[]> {
    const { serviceCluster } = await this.platform.ask<{
      serviceCluster: { instances: { edges: { node: SeenInstance }[] } } | null;
    }>(
      `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) {
        instances(first: 50) { edges { node { uid state host release { number } placement { hostCluster } reason { code message } } } } } }`,
      { ref: { ...REF, alias } },
    );
    return serviceCluster?.instances.edges.map(({ node }) => node) ?? [];
  }

  /** Whether every instance of `web` has this release. */
  async isOn(release: number): Promise<boolean> {
    return (await this.instances()).every((one) => one.state === 'TERMINATED' || one.release?.number === release);
  }

  /** Uids, in order. */
  async active(alias = 'web'): Promise<string[]> {
    return (await this.instances(alias)).flatMap(({ uid, state }) => (state === 'ACTIVE' ? [uid] : [])).sort();
  }

  /** What each event of this type says, oldest first. */
  async events<T>(type: string): Promise<T[]> {
    const { events } = await this.platform.ask<{ events: { edges: { node: { data: T } }[] } }>(
      'query ($types: [String!]) { events(last: 200, types: $types) { edges { node { data } } } }',
      { types: [type] },
    );
    return events.edges.map(({ node }) => node.data);
  }

  async url(): Promise<string> {
    const { application } = await this.platform.ask<{ application: { url: string | null } }>(
      '{ application(name: "shop") { url } }',
    );
    return application.url ?? '';
  }

  /** What there is in the namespace, as `kind/name`. */
  async objects(...kinds: readonly string[]): Promise<string[]> {
    return linesOf(await kubectl('-n', this.namespace, 'get', kinds.join(','), '-o', 'name'));
  }

  /** Uids of the pods of an alias, or of all, in order; those that are on their way out left out. */
  async pods(alias?: string): Promise<string[]> {
    return (await this.#podList(alias)).map(({ metadata }) => metadata.uid).sort();
  }

  /** Of the pods of `web`, the name and where it is. */
  async places(): Promise<{ readonly name: string; readonly node: string | undefined }[]> {
    return (await this.#podList('web')).map(({ metadata, spec }) => ({ name: metadata.name, node: spec.nodeName }));
  }

  #podList(alias?: string): Promise<PodView[]> {
    return podsIn(this.namespace, alias === undefined ? undefined : `cartwright.dev/alias=${alias}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (process.env.CARTWRIGHT_TEST_SHOW === '1') process.stderr.write(await this.platform.log());
    await this.platform[Symbol.asyncDispose]();
    await kubectl('delete', 'namespace', this.namespace, '--ignore-not-found', '--wait=false');
    await this.account[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
