/** What keeps a host cluster from being registered, or from being removed. */
import { NAME_PATTERN } from '../../../schema/ids.ts';
import { HostClusterError, RequestError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostClusterAccess } from '../ports/host-clusters.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { HostClusterRecord } from '../records/host-clusters.ts';
import { asking } from './check.ts';
import { openCredential } from './runner.ts';

const MOST_HOST_CLUSTERS = 100;

/** Throws `RequestError` CONFLICT while pods are there, and where nobody can say so unless that is accepted. */
export async function checkEmpty(
  {
    vault,
    access,
    clock,
  }: {
    readonly vault: Pick<Vault, 'open'>;
    readonly access: HostClusterAccess;
    readonly clock: Pick<Clock, 'setTimeout'>;
  },
  record: HostClusterRecord,
  force: boolean,
): Promise<void> {
  let count: number;
  try {
    count = await asking({ access, clock }, openCredential(vault, record), (link, signal) =>
      link.countInstances(signal),
    );
  } catch (error) {
    if (force) return;
    const { message } = error as Error;
    throw new HostClusterError(
      'HOST_CLUSTER_UNREACHABLE',
      `whether instances are on ${record.name} cannot be known: ${message}; with force it is removed all the same, and what runs there stays`,
      { cause: error },
    );
  }
  if (count > 0)
    throw new RequestError(
      'CONFLICT',
      `${count} ${count === 1 ? 'pod is' : 'pods are'} on ${record.name}, of instances or what they need; drain it and wait until none is left (a server of artifacts goes some 20 s after the last application)`,
      { field: 'name' },
    );
}

/** Throws `RequestError` CONFLICT for a name or a cluster that is there already, and QUOTA_EXCEEDED. */
export async function checkFree(store: Pick<Store, 'hostClusters'>, name: string, clusterUid?: string): Promise<void> {
  const all = await store.hostClusters.find({});
  if (all.some((other) => other.name === name))
    throw new RequestError(
      'CONFLICT',
      `there is a host cluster "${name}" already; take another name, or rotate its credential`,
      {
        field: 'name',
      },
    );
  const same = all.find((other) => other.clusterUid === clusterUid);
  if (same !== undefined)
    throw new RequestError('CONFLICT', `this cluster is registered already, as "${same.name}"`, {
      field: 'kubeconfig',
    });
  if (all.length >= MOST_HOST_CLUSTERS)
    throw new RequestError(
      'QUOTA_EXCEEDED',
      `there are ${MOST_HOST_CLUSTERS} host clusters, which is as many as there may be`,
    );
}

/** Throws `RequestError` INVALID. */
export function checkName(name: string): void {
  if (!NAME_PATTERN.test(name))
    throw new RequestError(
      'INVALID',
      'name: expected 1 to 40 lower-case letters, digits and hyphens that begin with a letter and end with no hyphen',
      { field: 'name' },
    );
}

/** The image of a probe; https://github.com/distribution/reference, as far as a mistake is to be told from a name. */
export function checkedImage(image: string | null | undefined): string | null {
  if (image === null || image === undefined) return null;
  if (image.length <= 500 && /^[a-z0-9][A-Za-z0-9._:/@-]*$/.test(image)) return image;
  throw new RequestError('INVALID', 'probeImage: expected the name of an image, such as registry.example.org/probe:1', {
    field: 'probeImage',
  });
}
