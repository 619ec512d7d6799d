/** The use cases of one-off tasks. */
import { LONGEST_COMMAND_PART, MOST_COMMAND_PARTS } from '../../../schema/agent/task.ts';
import { requireRole } from '../access.ts';
import { checkThere, requireCluster, seenPart } from '../ask/scope.ts';
import { checkRestorable } from '../configuration/release-secrets.ts';
import { CartwrightError, RequestError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Clock } from '../ports/clock.ts';
import type { InstanceNeeds } from '../ports/provider.ts';
import type { Store } from '../ports/store.ts';
import type { TaskProvider } from '../ports/tasks.ts';
import type { Vault } from '../ports/vault.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import type { Quotas } from '../tenants/quotas.ts';
import { followTask, withoutToken } from './follow.ts';
import { hasEnded } from './outcome.ts';
import { admission } from './admission.ts';
import type { Tasks } from './tasks.ts';
import type { TaskFeeds, TaskMutations, TaskQueries } from './use-cases.ts';

const DEFAULT_TIMEOUT_SECONDS = 3600;
const LONGEST_TIMEOUT_SECONDS = 24 * 3600;

export function createTaskQueries({ store }: { readonly store: Pick<Store, 'tasks'> }): TaskQueries {
  return {
    async task(principal, uid) {
      const record = seenPart(principal, await store.tasks.get(uid));
      return record && withoutToken(record);
    },
    async tasks(principal, cluster, page) {
      if (seenPart(principal, cluster) === undefined)
        throw new RequestError('NOT_FOUND', 'there is no such service cluster');
      return (await store.tasks.find({ cluster: cluster.uid }, page)).map(withoutToken);
    },
  };
}

export interface TaskMutationsOptions {
  readonly store: Store;
  readonly vault: Pick<Vault, 'has'>;
  readonly fleet: Fleet;
  readonly tasks: Tasks;
  readonly quotas: Pick<Quotas, 'checkTask'>;
  /** More instances that a machine has room for, beside its instances and tasks. */
  readonly room: (needs: InstanceNeeds) => Promise<number>;
}

export function createTaskMutations(options: TaskMutationsOptions): TaskMutations {
  const { store, fleet, tasks } = options;
  const admit = admission(options);
  return {
    async runTask(principal, ref) {
      const cluster = requireCluster(fleet, principal, ref, 'deployer');
      const { command, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = ref;
      checkCommand(command);
      if (!(Number.isInteger(timeoutSeconds) && timeoutSeconds >= 1 && timeoutSeconds <= LONGEST_TIMEOUT_SECONDS))
        throw new RequestError(
          'INVALID',
          `a task takes from 1 s to ${LONGEST_TIMEOUT_SECONDS} s; got ${timeoutSeconds}`,
          { field: 'timeoutSeconds' },
        );
      return cluster.serial.run(async () => {
        checkThere(fleet, cluster);
        const release = await releaseOf(options, cluster, ref.releaseNumber);
        using claim = await admit(cluster);
        const asked = { kind: 'run' as const, command, timeoutSeconds, by: principal.name, cause: principal.token };
        const record = await tasks
          .begin(cluster, release, asked, { claim, also: (tx, task) => tx.answer(withoutToken(task)) })
          .catch(asConflict);
        return withoutToken(record);
      });
    },
    async stopTask(principal, uid) {
      requireRole(principal, 'deployer');
      const record = seenPart(principal, await store.tasks.get(uid));
      if (record === undefined) throw new RequestError('NOT_FOUND', `there is no task ${uid}`);
      if (!hasEnded(record)) await tasks.stop(uid, principal.name);
      return withoutToken((await store.tasks.get(uid)) ?? record);
    },
  };
}

export interface TaskFeedsOptions {
  readonly store: Pick<Store, 'tasks'>;
  readonly taskProvider: Pick<TaskProvider, 'output'>;
  readonly clock: Clock;
}

export function createTaskFeeds({ store, taskProvider, clock }: TaskFeedsOptions): TaskFeeds {
  return {
    task(principal, uid, { after }, signal) {
      // What a program prints may be what only those see who may run it.
      requireRole(principal, 'deployer');
      const find = async (task: string) => seenPart(principal, await store.tasks.get(task));
      return followTask({ find, provider: taskProvider, clock }, uid, after, signal);
    },
  };
}

/** That it can go nowhere now is for whoever asks. */
function asConflict(error: unknown): never {
  if (error instanceof CartwrightError && error.code === 'NO_PLACE')
    throw new RequestError('CONFLICT', error.message, { cause: error });
  throw error;
}

function checkCommand(command: readonly string[]): void {
  const isFine =
    command.length >= 1 &&
    command.length <= MOST_COMMAND_PARTS &&
    command[0] !== '' &&
    command.every((part) => part.length <= LONGEST_COMMAND_PART && !part.includes('\0'));
  if (isFine) return;
  throw new RequestError(
    'INVALID',
    `expected a program and its arguments: 1 to ${MOST_COMMAND_PARTS} parts of at most ${LONGEST_COMMAND_PART} characters`,
    { field: 'command' },
  );
}

/** What runs, or the release of that number. Throws `RequestError`; `SecretError` where one of its secrets is gone. */
async function releaseOf(
  options: TaskMutationsOptions,
  cluster: ClusterState,
  number: number | undefined,
): Promise<ReleaseRecord> {
  const [named] =
    number === undefined
      ? [cluster.stable]
      : await options.store.releases.find({ cluster: cluster.record.uid, number });
  if (named === null)
    throw new RequestError('CONFLICT', `${cluster.keyText} has no release yet; deploy it first`, { field: 'alias' });
  if (named === undefined)
    throw new RequestError('NOT_FOUND', `${cluster.keyText} has no release ${number}; see its releases`, {
      field: 'releaseNumber',
    });
  await checkRestorable(options, cluster.keyText, named);
  return named;
}
