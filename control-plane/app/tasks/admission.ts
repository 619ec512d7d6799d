/** Whether there is room for one more task: by the quota of its tenant, and on the machine. */
import { RequestError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { Serial } from '../fleet/serial.ts';
import type { InstanceNeeds } from '../ports/provider.ts';
import type { Quotas } from '../tenants/quotas.ts';
import type { TaskClaim, Tasks } from './tasks.ts';

export interface AdmissionOptions {
  readonly tasks: Pick<Tasks, 'claim' | 'claimedBytes'>;
  readonly quotas: Pick<Quotas, 'checkTask'>;
  /** More instances that a machine has room for, beside its instances and tasks. */
  readonly room: (needs: InstanceNeeds) => Promise<number>;
}

/**
 * Takes the room for a task of the service cluster, to be disposed of where it is not begun. Throws `RequestError` CONFLICT or
 * QUOTA_EXCEEDED where there is none.
 *
 * One at a time, whatever the service cluster: the last room is not promised twice. Only for as long as it takes to look and to
 * claim; what is claimed is begun without anybody waiting for it.
 */
export function admission({ tasks, quotas, room }: AdmissionOptions): (cluster: ClusterState) => Promise<TaskClaim> {
  const turns = new Serial();
  return (cluster) =>
    turns.run(async () => {
      const { resources } = cluster.plan.spec;
      // As they are before the machine is looked at: what of them is begun meanwhile may not have been there yet.
      const claimed = Math.ceil(tasks.claimedBytes / Math.max(1, resources.memoryBytes));
      if ((await room(resources)) - claimed < 1)
        throw new RequestError(
          'CONFLICT',
          `there is no room for a task of ${cluster.keyText} beside what runs already`,
        );
      await quotas.checkTask(cluster);
      return tasks.claim(cluster);
    });
}
