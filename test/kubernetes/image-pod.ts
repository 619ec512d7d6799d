/** One instance as a pod of an image, with its agent speaking to a broker on this machine. */
import { join } from 'node:path';
import { Platform } from '../../agent/testing/platform.ts';
import { TOKEN } from '../../agent/testing/broker.ts';
import { readCartridgeFolder } from '../../control-plane/cli/images/cartridge-folder.ts';
import type { InstanceDocument } from '../../schema/agent/instance.ts';
import { READINESS_PATH, READINESS_PORT } from '../../schema/agent/readiness.ts';
import type { CartridgeSpec } from '../../schema/manifests/cartridge.ts';
import { eventually } from '../support/eventually.ts';
import { CARTRIDGES } from '../support/cartridge.ts';
import { addressOfThisMachine, applyObjects, kubectl, RESTRICTED, type Namespace } from './cluster.ts';

const PORT = 8080;
const DATA = '/cartwright/data';

export interface PodOptions {
  readonly cartridge: string;
  /** Of the cartridge; that of the package if absent. */
  readonly folder?: string;
  readonly image: string;
  /** Files of the release; none: it has none. */
  readonly files?: Readonly<Record<string, string>>;
  readonly start?: readonly string[];
  readonly spec?: Partial<CartridgeSpec>;
  /** Another user than the image's own. */
  readonly user?: number;
  readonly memoryLimit?: string;
}

export class ImagePod implements AsyncDisposable {
  readonly platform: Platform;
  readonly name: string;
  readonly #namespace: Namespace;

  private constructor(platform: Platform, namespace: Namespace, name: string) {
    this.platform = platform;
    this.#namespace = namespace;
    this.name = name;
  }

  static async start(namespace: Namespace, options: PodOptions): Promise<ImagePod> {
    const platform = new Platform(undefined, await addressOfThisMachine());
    await platform.start();
    const pod = new ImagePod(platform, namespace, `${options.cartridge}-${platform.key.instance.slice(-6)}`);
    const { files, start } = options;
    const release =
      files === undefined
        ? platform.releaseOf('one', Buffer.alloc(0))
        : await platform.release('one', files, start === undefined ? {} : { start: [...start] });
    await platform.desire(files === undefined ? { ...release, artifacts: [] } : release);
    const { manifest } = await readCartridgeFolder(options.folder ?? join(CARTRIDGES, options.cartridge));
    const document: InstanceDocument = {
      v: 1,
      ...platform.key,
      cluster: platform.cluster,
      provider: 'kubernetes',
      brokers: [platform.broker.url],
      controlPlane: platform.endpoints.url,
      tokenFile: '/cartwright/identity/token',
      advertisedHost: pod.name,
      listenHost: '0.0.0.0',
      ports: [{ name: 'http', protocol: 'http', port: PORT }],
      cartridge: { name: options.cartridge, directory: '/cartridge', spec: { ...manifest.spec, ...options.spec } },
    };
    await applyObjects(pod.#objects(document, options));
    return pod;
  }

  #objects(document: InstanceDocument, { image, user, memoryLimit = '256Mi' }: PodOptions): object[] {
    const metadata = { name: this.name, namespace: this.#namespace.name };
    const identity = { 'instance.json': JSON.stringify(document), token: TOKEN };
    const container = {
      name: 'instance',
      image,
      env: [{ name: 'CARTWRIGHT_AGENT_SWITCH_NOTICE_SECONDS', value: '0' }],
      securityContext: { ...RESTRICTED, ...(user === undefined ? {} : { runAsUser: user, runAsGroup: 0 }) },
      readinessProbe: {
        httpGet: { path: READINESS_PATH, port: READINESS_PORT },
        periodSeconds: 1,
        failureThreshold: 1,
      },
      resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: memoryLimit } },
      volumeMounts: [
        { name: 'data', mountPath: DATA },
        { name: 'tmp', mountPath: '/tmp' },
        { name: 'identity', mountPath: '/cartwright/identity', readOnly: true },
        // In the folder that the agent writes to, beside what it writes.
        { name: 'identity', mountPath: `${DATA}/instance.json`, subPath: 'instance.json', readOnly: true },
      ],
    };
    return [
      { apiVersion: 'v1', kind: 'Secret', metadata, stringData: identity },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata,
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 30,
          containers: [container],
          volumes: [
            { name: 'data', emptyDir: {} },
            { name: 'tmp', emptyDir: {} },
            { name: 'identity', secret: { secretName: this.name } },
          ],
        },
      },
    ];
  }

  /** Rejects with what the pod and its agent say where it does not become active. */
  async active(): Promise<void> {
    try {
      await eventually(`${this.name} is active`, () => this.platform.received.status?.state === 'active', 90_000);
    } catch (error) {
      const state = await kubectl('-n', this.#namespace.name, 'get', 'pod', this.name, '-o', 'jsonpath={.status}');
      const { states, status, lines } = this.platform.received;
      throw new Error(
        [`${states.join(' → ')} ${JSON.stringify(status?.reason)}`, ...lines, state, await this.log()].join('\n'),
        { cause: error },
      );
    }
  }

  /** What Kubernetes holds of its readiness. */
  async isReady(): Promise<boolean> {
    const path = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
    return (await kubectl('-n', this.#namespace.name, 'get', 'pod', this.name, '-o', path)) === 'True';
  }

  /** The agent is heard before the kubelet has written down where the pod is. */
  async url(): Promise<string> {
    const pod = ['-n', this.#namespace.name, 'get', 'pod', this.name];
    let ip = '';
    await eventually(
      'an address of the pod',
      async () => (ip = await kubectl(...pod, '-o', 'jsonpath={.status.podIP}')) !== '',
      30_000,
    );
    return `http://${ip}:${PORT}`;
  }

  /** Output of a program in the container. */
  exec(...command: readonly string[]): Promise<string> {
    return kubectl('-n', this.#namespace.name, 'exec', this.name, '--', ...command);
  }

  log(): Promise<string> {
    return kubectl('-n', this.#namespace.name, 'logs', this.name);
  }

  /** Asks the cluster to remove it, as an eviction does; it goes in its own time. */
  async delete(): Promise<void> {
    await kubectl('-n', this.#namespace.name, 'delete', 'pod', this.name, '--wait=false');
  }

  async isGone(): Promise<boolean> {
    return (await kubectl('-n', this.#namespace.name, 'get', 'pod', this.name, '--ignore-not-found')) === '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kubectl(
      '-n',
      this.#namespace.name,
      'delete',
      'pod',
      this.name,
      '--ignore-not-found',
      '--grace-period=0',
      '--force',
    );
    await this.platform.stop();
  }
}
