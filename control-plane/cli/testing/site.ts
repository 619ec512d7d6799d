/** A folder to be deployed as the application `site`, and a control plane over use cases that a test moves by hand. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Parser, type ReadEntry } from 'tar';
import { parse } from 'yaml';
import type { ApplicationManifest } from '../../../schema/manifests/application.ts';
import { eventually } from '../../../test/support/eventually.ts';
import type { ClusterRecord } from '../../app/records/clusters.ts';
import type { InstanceRecord } from '../../app/records/instances.ts';
import type { RolloutRecord } from '../../app/records/releases.ts';
import type { BuildRecord } from '../../app/records/sources.ts';
import * as sample from '../../graphql/testing/records.ts';
import type { InMemoryUseCases } from '../../graphql/testing/use-cases.ts';
import { startControlPlane, type TestControlPlane } from './control-plane.ts';
import { run, start, type Ended, type Running } from './run.ts';

/** Of every upload, as the use cases in memory answer it. */
export const DIGEST = `sha256-${'ef'.repeat(32)}`;
export const BUILD: BuildRecord = { ...sample.build(1), state: 'running', error: null };
export const WEB: ClusterRecord = { ...sample.cluster(1), application: 'site', stopped: null };
const BALANCER: ClusterRecord = { ...WEB, alias: 'lb', uid: '01cluster00000099' };

export class Site {
  readonly folder: string;
  controlPlane: TestControlPlane;
  /** The manifest that was applied last; `undefined`: there is no application. */
  manifest: unknown;
  rollouts: RolloutRecord[] = [];
  /** Active instances of the load balancer. */
  /** Why a cartridge cannot be used, by its name. */
  readonly unusable = new Map<string, string>();
  balancers = 1;
  /** Why nothing of the service cluster runs; null: it is not stopped. */
  stopped: ClusterRecord['stopped'] = null;
  /** The archive that was uploaded last. */
  uploaded: Buffer | undefined;

  private constructor(folder: string, controlPlane: TestControlPlane) {
    this.folder = folder;
    this.controlPlane = controlPlane;
    this.#answer(controlPlane.useCases);
  }

  static async open(): Promise<Site> {
    return new Site(await mkdtemp(join(tmpdir(), 'cartwright-deploy-')), await startControlPlane());
  }

  async close(): Promise<void> {
    await this.controlPlane.close();
    await rm(this.folder, { recursive: true });
  }

  /** Stops the control plane, and starts it again at the same port. */
  async restartControlPlane(): Promise<void> {
    const { useCases, port } = this.controlPlane;
    await this.controlPlane.close();
    this.controlPlane = await startControlPlane(useCases, port);
  }

  /** Writes files into the folder `site`. */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.folder, 'site', path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }

  start(...argv: string[]): Running {
    return start(argv, { env: this.#env(), cwd: this.folder });
  }

  run(...argv: string[]): Promise<Ended> {
    return run(argv, { env: this.#env(), cwd: this.folder });
  }

  /** Lets the build succeed after it has written some lines. */
  async build(...lines: string[]): Promise<void> {
    await this.followBuild({ build: BUILD, lines }, { build: { ...BUILD, state: 'succeeded' }, lines: [] });
  }

  /** Shows the one who follows the build these states, the last one of which ends it. */
  async followBuild(...progress: { build: BuildRecord; lines: readonly string[] }[]): Promise<void> {
    const { buildFeed } = this.controlPlane.useCases;
    await eventually('a reader of the build', () => buildFeed.readers === 1);
    buildFeed.push(...progress);
    if (['succeeded', 'failed'].includes(progress.at(-1)?.build.state ?? '')) buildFeed.end();
  }

  /** Shows the one who follows the service cluster its roll-out and instances; resolves when that was read. */
  async show(rollout: Partial<RolloutRecord> | null, ...instances: Partial<InstanceRecord>[]): Promise<void> {
    const { clusterFeed } = this.controlPlane.useCases;
    await eventually('a reader of the service cluster', () => clusterFeed.readers === 1);
    this.rollouts = rollout === null ? [] : [{ ...sample.rollout(1), ...rollout }];
    const { pulls } = clusterFeed;
    clusterFeed.push({
      cluster: { ...WEB, stopped: this.stopped },
      live: sample.clusterLive,
      rollout: this.rollouts[0] ?? null,
      instances: instances.map((instance, index) => ({
        record: { ...sample.instance(index + 1), reason: null, ...instance },
        live: sample.instanceLive,
      })),
    });
    await eventually('the snapshot to be read', () => clusterFeed.pulls > pulls || clusterFeed.readers === 0);
  }

  /** Paths in the archive that was uploaded. */
  async uploadedFiles(): Promise<string[]> {
    const names: string[] = [];
    let isOver = false;
    const parser = new Parser({
      onReadEntry(entry: ReadEntry) {
        names.push(entry.path);
        entry.resume();
      },
    });
    parser.on('end', () => (isOver = true));
    parser.end(this.uploaded ?? Buffer.alloc(0));
    await eventually('the end of the archive', () => isOver);
    return names;
  }

  #env(): Record<string, string> {
    return { CARTWRIGHT_URL: this.controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token' };
  }

  #answer({ queries, mutations }: InMemoryUseCases): void {
    queries.cartridges = () =>
      Promise.resolve([cartridge('nodejs', 'package.json'), cartridge('static', 'index.html')]);
    queries.unusable = (_principal, { name }) => Promise.resolve(this.unusable.get(name) ?? null);
    queries.application = (_principal, _tenant, name) => {
      const manifest = this.manifest as ApplicationManifest | undefined;
      const isThere = manifest !== undefined && name === 'site';
      return Promise.resolve(isThere ? { ...sample.application(1), name, manifest } : undefined);
    };
    queries.applicationUrl = () => Promise.resolve('http://127.0.0.1:8080/');
    queries.clusters = () => Promise.resolve([WEB, BALANCER]);
    queries.clusterLive = (_principal, { alias }) => ({
      ...sample.clusterLive,
      cluster: WEB.uid,
      active: alias === 'lb' ? this.balancers : 1,
    });
    queries.rollouts = () => Promise.resolve(this.rollouts);
    const { deploy, uploadSource } = mutations;
    mutations.deploy = (principal, request) => {
      if (request.manifests !== undefined) this.manifest = parse(request.manifests.manifests);
      return deploy(principal, request);
    };
    mutations.uploadSource = async (principal, archive, tenant) => {
      this.uploaded = await buffer(archive);
      return uploadSource(principal, Readable.from([this.uploaded]), tenant);
    };
  }
}

function cartridge(name: string, file: string): typeof sample.cartridge {
  const { manifest } = sample.cartridge;
  const ports = [{ name: 'http', protocol: 'http' as const }];
  const spec = { ...manifest.spec, ports, detect: { files: [file], priority: 1 } };
  return { ...sample.cartridge, name, manifest: { ...manifest, spec } };
}
