/** What our objects are called and how they are found again. Pure. */
import { createHash } from 'node:crypto';
import type { PodSecurity } from '../../../../schema/manifests/pod-security.ts';

/** Owner of the fields that are applied. */
export const FIELD_MANAGER = 'cartwright';
/** Owner of the one annotation that says which instances a Deployment is for: written by itself, and often. */
export const SLOTS_MANAGER = 'cartwright-instances';
export const SLOTS_ANNOTATION = 'cartwright.dev/instances';
/** On a Deployment: the ports of its pods with their protocols, which a container's ports do not say. */
export const PORTS_ANNOTATION = 'cartwright.dev/ports';
/** On all that is applied: what it was applied as, so that a change by somebody else is known as such by any control plane. */
export const APPLIED_ANNOTATION = 'cartwright.dev/applied';
/** On the Secret of a release document: SHA-256 of what lies in it. */
export const DIGEST_ANNOTATION = 'cartwright.dev/digest';
/** On a Deployment and a pod: uid of the decision or request that it was last changed for. */
export const CAUSE_ANNOTATION = 'cartwright.dev/cause';
/** On a Deployment or StatefulSet: when its controller was last called on, for pods that it did not make. */
export const CALLED_ON_ANNOTATION = 'cartwright.dev/called-on';
export const LABELS = {
  managedBy: 'app.kubernetes.io/managed-by',
  name: 'app.kubernetes.io/name',
  partOf: 'app.kubernetes.io/part-of',
  platform: 'cartwright.dev/platform',
  tenant: 'cartwright.dev/tenant',
  application: 'cartwright.dev/application',
  alias: 'cartwright.dev/alias',
  /** Uid of the service cluster. */
  cluster: 'cartwright.dev/service-cluster',
  partition: 'cartwright.dev/partition',
  /** The first digits of its image's digest, and how it is run where that is unusual: such pods are one Deployment's. */
  image: 'cartwright.dev/image',
  /** On a pod: the category of its cartridge, which policies tell load balancers by. */
  category: 'cartwright.dev/category',
  /** On a pod: the instance that it is. */
  instance: 'cartwright.dev/instance',
  /** On a Job and its pod: the one-off task. */
  task: 'cartwright.dev/task',
  /** On a Job and its pod: the build. */
  build: 'cartwright.dev/build',
} as const;
/** On a Job: uid of the one pod that may run it. */
export const POD_ANNOTATION = 'cartwright.dev/pod';
/** On a Job: the rules of whom its pod may reach. */
export const EGRESS_ANNOTATION = 'cartwright.dev/egress';
const MANAGED_BY = 'cartwright';

/** Longest name of a Deployment whose pods' names (two hashes behind it) still are labels of at most 63 characters. */
const LONGEST_WORKLOAD_NAME = 46;
const HASH_LENGTH = 8;
const IMAGE_LENGTH = 16;

export interface ClusterIdentity {
  readonly tenant: string;
  readonly application: string;
  readonly alias: string;
  /** Uid of the service cluster. */
  readonly cluster: string;
}

/** `cartwright-TENANT`: names of tenants have at most 40 characters. */
export function namespaceOf(prefix: string, tenant: string): string {
  return `${prefix}-${tenant}`;
}

/** Readable, and of this service cluster and partition, and image, alone: `a-b` of `c` and `a` of `b-c` differ by the hash. */
export function workloadName(
  { application, alias, cluster }: ClusterIdentity,
  partition: string,
  image?: string,
): string {
  const text = [cluster, partition, ...(image === undefined ? [] : [image])].join('/');
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
  const readable = `${application}-${alias}`.slice(0, LONGEST_WORKLOAD_NAME - HASH_LENGTH - 1).replace(/-+$/, '');
  return `${readable}-${hash}`;
}

/** Whom the tokens of pods are for: those of another platform in the same host cluster are of no use to this one. */
export function podAudience(platform: string): string {
  return `cartwright:${platform}`;
}

export function platformLabels(platform: string): Record<string, string> {
  return { [LABELS.managedBy]: MANAGED_BY, [LABELS.platform]: platform };
}

export function selectorOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** A label of an image, by its digest, and of how it is run. */
export function imageLabel(image: string, podSecurity: PodSecurity = 'restricted'): string {
  const digest = image.slice(image.lastIndexOf(':') + 1).slice(0, IMAGE_LENGTH);
  return podSecurity === 'restricted' ? digest : `${digest}-${podSecurity}`;
}

/** Of everything that belongs to a service cluster in a partition; also what its Deployment selects pods by. */
export function workloadLabels(platform: string, identity: ClusterIdentity, partition: string): Record<string, string> {
  return {
    ...platformLabels(platform),
    [LABELS.partOf]: identity.application,
    [LABELS.tenant]: identity.tenant,
    [LABELS.application]: identity.application,
    [LABELS.alias]: identity.alias,
    [LABELS.cluster]: identity.cluster,
    [LABELS.partition]: partition,
  };
}
