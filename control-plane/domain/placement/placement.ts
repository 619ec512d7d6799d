/** Where an instance is, or is to be. */

export interface Placement {
  /** Name of a host cluster; `local` is the machine of the control plane itself. */
  readonly hostCluster: string;
  /** Name of a partition of the deployment policy, or {@link DEFAULT_PARTITION}. */
  readonly partition: string;
}

/** The whole of a host cluster, where no deployment policy names partitions. */
export const DEFAULT_PARTITION = 'default';

/** The machine itself, as the process provider calls it; the only host cluster that it has. */
export const LOCAL_HOST_CLUSTER = 'local';

/** As people read it, and the same for the same place only. */
export function placeText({ hostCluster, partition }: Placement): string {
  return `${partition} on ${hostCluster}`;
}
