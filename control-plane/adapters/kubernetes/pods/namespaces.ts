/** What each tenant has in the host cluster before anything of it runs, and keeps: its namespace, and what its pods pull images with. */
import type { KubernetesObject } from '@kubernetes/client-node';
import { createHash } from 'node:crypto';
import type { PodSecurity } from '../../../../schema/manifests/pod-security.ts';
import { pullSecret } from '../objects/pull-secret.ts';
import { tenantObjects, type TenantShare } from '../objects/tenant.ts';
import type { Reachable } from '../objects/network.ts';
import type { Writes } from './writes.ts';

const LOOK_MILLISECONDS = 10_000;

export interface Place {
  readonly namespace: string;
  readonly tenant: string;
}

export interface NamespacesOptions {
  readonly platform: string;
  readonly ca: string | null;
  readonly reachable: Reachable;
  /** What one build may take beside a tenant's share. */
  readonly buildMemoryBytes: number;
  readonly shareOf: (tenant: string) => Promise<TenantShare | undefined>;
  /** What its pods may have; undefined: `restricted`. */
  readonly podSecurityOf: (tenant: string) => PodSecurity | undefined;
  /** The text of Docker's `config.json`; undefined: no registry of the tenant's images wants a password. */
  readonly pullSecretOf: (tenant: string) => Promise<string | undefined>;
  readonly writes: Pick<Writes, 'apply' | 'keepSecret' | 'isWritten'>;
  /** Where something of a tenant is. */
  readonly inUse: () => readonly Place[];
  /** Runs the work when nobody else changes what a whole tenant has. */
  readonly inTurn: (namespace: string, work: () => Promise<void>) => Promise<void>;
  readonly onProblem: (error: unknown) => void;
}

export class Namespaces {
  readonly #options: NamespacesOptions;
  /** Those that were made ready by this process, with what their tenants may take and pull with. */
  readonly #ready = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: NamespacesOptions) {
    this.#options = options;
  }

  /** From now on it is seen when a tenant is to pull with something else. */
  open(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.look().then(() => this.open());
    }, LOOK_MILLISECONDS);
  }

  /** Before anything of a tenant runs, and again when it may take more or less, or pulls with something else. */
  async makeReady(namespace: string, tenant: string): Promise<void> {
    const { platform, ca, reachable, buildMemoryBytes, shareOf, podSecurityOf, pullSecretOf, writes } = this.#options;
    const podSecurity = podSecurityOf(tenant);
    const [share, pull] = await Promise.all([shareOf(tenant), pullSecretOf(tenant)]);
    const text = JSON.stringify([share ?? null, pull === undefined ? null : hashOf(pull)]);
    if (this.#ready.get(namespace) === text) return;
    const [first, ...others] = tenantObjects({
      ...{ platform, namespace, tenant, ca, reachable, buildMemoryBytes },
      ...(share === undefined ? {} : { share }),
      ...(podSecurity === undefined ? {} : { podSecurity }),
    });
    await writes.apply(first!);
    await writes.keepSecret(pullSecret(platform, namespace, tenant, pull));
    for (const object of others) await writes.apply(object);
    this.#ready.set(namespace, text);
  }

  /** Somebody has changed or deleted the pull secret. */
  async restore({ metadata }: KubernetesObject): Promise<void> {
    const place = this.#options.inUse().find(({ namespace }) => namespace === metadata?.namespace);
    if (place === undefined) return;
    this.#ready.delete(place.namespace);
    await this.#options.inTurn(place.namespace, () => this.makeReady(place.namespace, place.tenant));
  }

  /** It is gone, with all that was in it. */
  forget(namespace: string): void {
    this.#ready.delete(namespace);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** Never rejects. */
  async look(): Promise<void> {
    for (const { namespace, tenant } of this.#options.inUse()) {
      if (this.#isClosed) return;
      await this.#options
        .inTurn(namespace, () => this.#look(namespace, tenant))
        .catch((error: unknown) => this.#options.onProblem(error));
    }
  }

  /** Nothing is written to a world that is as it is to be, after a restart either. */
  async #look(namespace: string, tenant: string): Promise<void> {
    const { platform, pullSecretOf, writes } = this.#options;
    if (!this.#ready.has(namespace)) {
      const wanted = pullSecret(platform, namespace, tenant, await pullSecretOf(tenant));
      if (await writes.isWritten(wanted)) return;
    }
    await this.makeReady(namespace, tenant);
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
