/**
 * Keeps the release documents in the namespaces of tenants: written when a service cluster has something there that makes pods, and again
 * only when what is to be in it has changed. What fails is tried again.
 */
import type { V1OwnerReference } from '@kubernetes/client-node';
import type { KeptRelease } from '../../../app/ports/provider.ts';
import type { ClusterIdentity } from '../objects/names.ts';
import { LABELS } from '../objects/names.ts';
import { releaseName, releaseSecret, releaseText, type ReleasePlace } from '../objects/release.ts';
import type { Workload } from '../objects/workload.ts';
import { ownerOf, type Writes } from './writes.ts';

const TRY_AGAIN_MILLISECONDS = 5000;

export interface ReleasesOptions {
  readonly platform: string;
  readonly namespaceOf: (tenant: string) => string;
  /** What is particular to this host cluster. */
  readonly placeOf: (release: KeptRelease) => ReleasePlace;
  /** What makes the pods of a service cluster here. */
  readonly makersOf: (cluster: string) => readonly Workload[];
  readonly writes: Pick<Writes, 'keepSecret' | 'dropSecret'>;
  /** Runs the work when nobody else writes the document of this service cluster. */
  readonly inTurn: (cluster: string, work: () => Promise<void>) => Promise<void>;
  readonly onProblem: (error: unknown) => void;
}

export class Releases {
  readonly #options: ReleasesOptions;
  readonly #kept = new Map<string, KeptRelease | null>();
  readonly #again = new Map<string, NodeJS.Timeout>();
  #isClosed = false;

  constructor(options: ReleasesOptions) {
    this.#options = options;
  }

  keep(cluster: string, release: KeptRelease | null): void {
    this.#kept.set(cluster, release);
    void this.write(cluster);
  }

  forget(cluster: string): void {
    this.#kept.delete(cluster);
    clearTimeout(this.#again.get(cluster));
    this.#again.delete(cluster);
  }

  /** To be called, too, when there is another workload of the service cluster. Never rejects. */
  async write(cluster: string): Promise<void> {
    clearTimeout(this.#again.get(cluster));
    this.#again.delete(cluster);
    try {
      await this.#options.inTurn(cluster, () => this.#write(cluster));
    } catch (error) {
      if (this.#isClosed) return;
      this.#options.onProblem(error);
      this.#again.set(
        cluster,
        setTimeout(() => void this.write(cluster), TRY_AGAIN_MILLISECONDS),
      );
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#again.values()) clearTimeout(timer);
    this.#again.clear();
  }

  async #write(cluster: string): Promise<void> {
    const { platform, makersOf, namespaceOf, placeOf, writes, onProblem } = this.#options;
    const makers = makersOf(cluster);
    const release = this.#kept.get(cluster);
    const [first] = makers;
    if (this.#isClosed || first === undefined || release === undefined) return;
    if (release === null) {
      await writes.dropSecret(first.metadata!.namespace!, releaseName(identityOf(first)));
      return;
    }
    const { identity } = release;
    const namespace = namespaceOf(identity.tenant);
    const text = releaseText(release, placeOf(release));
    if (text === undefined) {
      // An older one would have pods begin with what nobody wants any more.
      await writes.dropSecret(namespace, releaseName(identity));
      onProblem(
        new Error(
          `the release of ${identity.tenant}/${identity.application}/${identity.alias} has more configuration and secrets than a Secret of Kubernetes holds: its pods begin only while the control plane answers. Give it less of them, or files in its artifact`,
        ),
      );
      return;
    }
    const owners = makers.map(ownerOf).sort(byUid);
    await writes.keepSecret(releaseSecret({ platform, namespace, identity, text, owners }));
  }
}

function byUid(a: V1OwnerReference, b: V1OwnerReference): number {
  return a.uid < b.uid ? -1 : 1;
}

function identityOf({ metadata }: Workload): ClusterIdentity {
  const labelled = (label: string): string => metadata?.labels?.[label] ?? '';
  return {
    tenant: labelled(LABELS.tenant),
    application: labelled(LABELS.application),
    alias: labelled(LABELS.alias),
    cluster: labelled(LABELS.cluster),
  };
}
