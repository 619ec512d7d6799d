/** Keeps a server of artifacts in each tenant's namespace for as long as there is something that makes pods of the tenant. */
import type { V1Deployment } from '@kubernetes/client-node';
import type { ArtifactServer } from '../../../../schema/agent/release-document.ts';
import {
  artifactServerObjects,
  artifactServerOf,
  artifactServerSecret,
  type ArtifactServerRequest,
} from '../objects/artifact-server.ts';
import type { Writes } from './writes.ts';

/** What takes the place of the last application of a tenant finds its artifacts there. */
const LINGER_MILLISECONDS = 20_000;

/** What is said of servers of artifacts in a host cluster. */
export interface ArtifactServerPlan extends Pick<ArtifactServerRequest, 'image' | 'bytes' | 'storageClass'> {
  /** What a tenant's server shows to the control plane; `undefined`: it can have none. */
  readonly tokenOf: (tenant: string) => string | undefined;
}

export interface ArtifactServersOptions {
  readonly platform: string;
  readonly controlPlane: string;
  readonly plan: ArtifactServerPlan;
  readonly writes: Pick<Writes, 'apply' | 'keepSecret' | 'dropArtifactServer' | 'artifactServers'>;
  /** Whether anything of a tenant is in this namespace. */
  readonly isUsed: (namespace: string) => boolean;
  /** Runs the work when nobody else changes the server of this namespace. */
  readonly inTurn: (namespace: string, work: () => Promise<void>) => Promise<void>;
  readonly onProblem: (error: unknown) => void;
}

export class ArtifactServers {
  readonly #options: ArtifactServersOptions;
  /** Namespaces in which this process has made one. */
  readonly #made = new Set<string>();
  readonly #leaving = new Map<string, NodeJS.Timeout>();
  #isClosed = false;

  constructor(options: ArtifactServersOptions) {
    this.#options = options;
  }

  /** Those that are there, perhaps for nothing any more. */
  async open(): Promise<void> {
    for (const { metadata } of await this.#options.writes.artifactServers()) this.look(metadata!.namespace!);
  }

  /** For a release document; `undefined` where there can be none. */
  of(namespace: string, tenant: string, digests: readonly string[]): ArtifactServer | undefined {
    const token = this.#options.plan.tokenOf(tenant);
    return token === undefined ? undefined : artifactServerOf(namespace, token, digests);
  }

  /** Not waited for: instances begin without it. Idempotent. */
  make(namespace: string, tenant: string): void {
    clearTimeout(this.#leaving.get(namespace));
    this.#leaving.delete(namespace);
    if (this.#made.has(namespace)) return;
    this.#made.add(namespace);
    this.#options
      .inTurn(namespace, () => this.#make(namespace, tenant))
      .catch((error: unknown) => {
        this.#made.delete(namespace);
        this.#options.onProblem(error);
      });
  }

  /** To be called when something of a tenant has gone from a namespace. */
  look(namespace: string): void {
    if (this.#isClosed || this.#leaving.has(namespace) || this.#options.isUsed(namespace)) return;
    const timer = setTimeout(() => {
      this.#leaving.delete(namespace);
      this.#options
        .inTurn(namespace, async () => {
          if (this.#isClosed || this.#options.isUsed(namespace)) return;
          this.#made.delete(namespace);
          await this.#options.writes.dropArtifactServer(namespace);
        })
        .catch((error: unknown) => {
          this.#options.onProblem(error);
          this.look(namespace);
        });
    }, LINGER_MILLISECONDS);
    this.#leaving.set(namespace, timer);
  }

  /** Somebody has changed or deleted its Secret. */
  async restore(namespace: string, tenant: string): Promise<void> {
    if (!this.#made.has(namespace)) return;
    await this.#options.inTurn(namespace, () => this.#make(namespace, tenant));
  }

  /** Its namespace is gone, and it with it. */
  forget(namespace: string): void {
    this.#made.delete(namespace);
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    this.#leaving.clear();
  }

  async #make(namespace: string, tenant: string): Promise<void> {
    const { platform, controlPlane, plan, writes } = this.#options;
    const token = plan.tokenOf(tenant);
    if (token === undefined) return;
    const { image, bytes, storageClass } = plan;
    const request = {
      ...{ platform, namespace, tenant, controlPlane, image, bytes },
      ...(storageClass === undefined ? {} : { storageClass }),
    };
    const [deployment, ...others] = artifactServerObjects(request);
    const made = await writes.apply<V1Deployment>(deployment);
    await writes.keepSecret(artifactServerSecret(request, token, made));
    for (const object of others) await writes.apply(object, made);
  }
}
