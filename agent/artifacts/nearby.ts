/** What of releases an agent has at hand, or finds in its host cluster, and need not ask the control plane for. */
import type { ReleaseSecrets } from '../../schema/agent/instance.ts';
import type { Balancing } from '../../schema/agent/release-document.ts';
import type { ArtifactSlot, DesiredRelease } from '../../schema/mqtt/desired.ts';
import { Fault } from '../lifecycle/faults.ts';

export interface Nearby {
  /** Nobody has said which instance this is, so there is no token and the control plane need not be asked. */
  readonly isAlone: boolean;
  /** The configuration, as the bytes of its digest, and the secrets of a release; `undefined`: they are to be fetched. */
  release(
    release: DesiredRelease,
  ): { readonly configuration: Buffer; readonly secrets: ReleaseSecrets | undefined } | undefined;
  /** Where else an artifact is, and what is shown there. */
  artifact(digest: string): { readonly url: string; readonly bearer: string } | undefined;
  /** What a load balancer goes by while nobody tells it anything; `undefined`: there is nothing. */
  balancing(): Balancing | undefined;
}

export const NOTHING_NEARBY: Nearby = {
  isAlone: false,
  release: () => undefined,
  artifact: () => undefined,
  balancing: () => undefined,
};

/** Where an archive is asked for, the nearest first, and what is shown at each address: never one's token to the other. */
export function sourcesOf(
  { digest, urls }: ArtifactSlot,
  nearby: Nearby,
  token: (url: string) => string,
): { readonly urls: string[]; readonly token: (url: string) => string } {
  const near = nearby.artifact(digest);
  if (near === undefined && nearby.isAlone)
    throw new Fault(
      'artifact-fetch-failed',
      `the control plane does not answer, and there is no server of artifacts in this host cluster that ${digest} could be fetched from`,
    );
  if (near === undefined) return { urls: [...urls], token };
  return {
    urls: nearby.isAlone ? [near.url] : [near.url, ...urls],
    token: (url) => (url === near.url ? near.bearer : token(url)),
  };
}
