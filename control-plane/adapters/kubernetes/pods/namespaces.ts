/** What each tenant has in the host cluster before anything of it runs, and keeps: its namespace, and what its pods pull images with. */
import type { KubernetesObject } from '@kubernetes/client-node';
import { createHash } from 'node:crypto';
import type { PodSecurity } from '../../../../schema/manifests/pod-security.ts';
import { PULL_SECRET, pullSecret } from '../objects/pull-secret.ts';
import { ENFORCED_LABEL, tenantObjects, type TenantShare } from '../objects/tenant.ts';
import type { Reachable } from '../objects/network.ts';
import type { Writes } from './writes.ts';

const LOOK_MILLISECONDS = 10_000;

interface Place {
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
  readonly writes: Pick<Writes, 'apply' | 'keepSecret' | 'isWritten' | 'dropSecret'>;
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
  /** Those that there are, with the level of Pod Security that they enforce; a password stays in none in which nothing runs. */
  readonly #seen = new Map<string, string | undefined>();
  /** Those of them that are known to have none. */
  readonly #empty = new Set<string>();
  /** Where something is about to be, as far as is known, since the last look. */
  readonly #awaited = new Set<string>();
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

  /** Before anything of a tenant runs there. */
  async prepare(namespace: string, tenant: string): Promise<void> {
    await this.#options.inTurn(namespace, async () => {
      this.#awaited.add(namespace);
      await this.#makeReady(namespace, tenant);
    });
  }

  /** In the namespace's turn. Again when the tenant may take more or less, or pulls with something else. */
  async #makeReady(namespace: string, tenant: string): Promise<void> {
    const { platform, ca, reachable, buildMemoryBytes, shareOf, podSecurityOf, pullSecretOf, writes } = this.#options;
    const podSecurity = podSecurityOf(tenant);
    const [share, pull] = await Promise.all([shareOf(tenant), pullSecretOf(tenant)]);
    const text = JSON.stringify([share ?? null, pull === undefined ? null : hashOf(pull)]);
    if (this.#ready.get(namespace) === text) return;
    this.#empty.delete(namespace);
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

  /** It is there, whether anything is in it or not. */
  seen({ metadata }: KubernetesObject): void {
    this.#seen.set(metadata?.name ?? '', metadata?.labels?.[ENFORCED_LABEL]);
  }

  /** Somebody has changed or deleted the pull secret. */
  async restore({ metadata }: KubernetesObject): Promise<void> {
    const place = this.#options.inUse().find(({ namespace }) => namespace === metadata?.namespace);
    if (place === undefined) return;
    this.#ready.delete(place.namespace);
    await this.#options.inTurn(place.namespace, () => this.#makeReady(place.namespace, place.tenant));
  }

  /** It is gone, with all that was in it. */
  forget(namespace: string): void {
    this.#ready.delete(namespace);
    this.#seen.delete(namespace);
    this.#empty.delete(namespace);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** Never rejects. */
  async look(): Promise<void> {
    const { inUse, inTurn, onProblem } = this.#options;
    const used = new Map(inUse().map(({ namespace, tenant }) => [namespace, tenant]));
    for (const namespace of new Set([...used.keys(), ...this.#seen.keys()])) {
      if (this.#isClosed) return;
      const tenant = used.get(namespace);
      const work = tenant === undefined ? () => this.#leave(namespace) : () => this.#look(namespace, tenant);
      await inTurn(namespace, work).catch(onProblem);
    }
  }

  async #leave(namespace: string): Promise<void> {
    // What it was made ready for may not be seen yet.
    if (this.#awaited.delete(namespace) || this.#empty.has(namespace)) return;
    this.#ready.delete(namespace);
    await this.#options.writes.dropSecret(namespace, PULL_SECRET);
    this.#empty.add(namespace);
  }

  /** Nothing is written to a world that is as it is to be, after a restart either. */
  async #look(namespace: string, tenant: string): Promise<void> {
    const { platform, pullSecretOf, podSecurityOf, writes } = this.#options;
    this.#awaited.delete(namespace);
    // An operator may allow its pods more or less since it was made.
    const isAsAllowed = this.#seen.get(namespace) === (podSecurityOf(tenant) ?? 'restricted');
    if (!this.#ready.has(namespace) && isAsAllowed) {
      const wanted = pullSecret(platform, namespace, tenant, await pullSecretOf(tenant));
      if (await writes.isWritten(wanted)) return;
    }
    await this.#makeReady(namespace, tenant);
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
