/** What can be asked about host clusters. All of it is for operators: the clusters are the platform's. */
import type { Principal } from '../principal.ts';
import type { HostClusterRecord } from '../records/host-clusters.ts';
import type { HostClusterStatus } from './status.ts';

/** A host cluster as operators see it: everything but what is sealed, and what is known of it now. */
export interface HostCluster extends Omit<HostClusterRecord, 'sealed' | 'noticedDays' | 'tenant'> {
  /** False when the key that its credential is encrypted with is lost: rotate it. */
  readonly isReadable: boolean;
  readonly status: HostClusterStatus;
}

/** Where a credential comes from: a kubeconfig, or the service account of the control plane's own pod. */
export interface GivenCredential {
  readonly kubeconfig?: string | null;
  readonly inCluster?: boolean;
  /** Name of the kubeconfig's context; its current one if absent. */
  readonly context?: string | null;
}

export interface NewHostCluster extends GivenCredential {
  readonly name: string;
  /** As pods of the cluster reach it: mqtt:// or mqtts://. */
  readonly brokerUrl: string;
  /** As pods of the cluster reach it: http:// or https://. */
  readonly controlPlaneUrl: string;
  /** PEM of the authorities of both; the public ones if absent. */
  readonly ca?: string | null;
  readonly skipProbe?: boolean;
  /** The platform's own if absent. */
  readonly probeImage?: string | null;
}

export interface HostClusterRef {
  readonly name: string;
  readonly expectedGeneration?: number;
}

export interface HostClusterQueries {
  /** In order of their names. */
  hostClusters(principal: Principal): Promise<HostCluster[]>;
  hostCluster(principal: Principal, name: string): Promise<HostCluster | undefined>;
}

export interface HostClusterMutations {
  /**
   * Reaches the cluster, asks for its rights and stores it; the probe runs afterwards. Throws `RequestError` INVALID or CONFLICT,
   * `HostClusterError`, and `RequestError` RIGHTS_MISSING that names all of them.
   */
  registerHostCluster(principal: Principal, input: NewHostCluster): Promise<HostCluster>;
  /** Another credential for the same cluster, checked as the first one was. */
  rotateHostCluster(principal: Principal, input: HostClusterRef & GivenCredential): Promise<HostCluster>;
  /** Runs the probe, once more. */
  probeHostCluster(
    principal: Principal,
    input: HostClusterRef & { readonly probeImage?: string | null },
  ): Promise<HostCluster>;
  /** Nothing new is placed there. Twice is as once. */
  drainHostCluster(principal: Principal, input: HostClusterRef): Promise<HostCluster>;
  undrainHostCluster(principal: Principal, input: HostClusterRef): Promise<HostCluster>;
  /** Throws `RequestError` CONFLICT while instances are there; with `force` also where the cluster cannot be asked. */
  removeHostCluster(principal: Principal, input: HostClusterRef & { readonly force?: boolean }): Promise<HostCluster>;
}

export interface HostClusterFeeds {
  /** The cluster as it is now, and then after each change; ends when it is removed. */
  hostCluster(principal: Principal, name: string, signal: AbortSignal): AsyncIterable<HostCluster>;
  /** All of them in order of their names, and then again after each change of any. One answer for all who follow them. */
  hostClusters(principal: Principal, signal: AbortSignal): AsyncIterable<HostClusterList>;
}

/** All that there are at one moment; an object of its own, so that it can be shared. */
export interface HostClusterList {
  readonly hostClusters: readonly HostCluster[];
}
