/** What a task is told with: the document for its agent, the events for everybody. */
import type { TaskDocument } from '../../../schema/agent/task.ts';
import { subjectOf, type Happening } from '../events.ts';
import { cartridgeDocument } from '../fleet/cartridge-document.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { TaskRequest } from '../ports/tasks.ts';
import { desiredRelease, metadataUrl } from '../publish/documents.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import type { ArtifactRecord } from '../records/sources.ts';
import type { TaskRecord } from '../records/tasks.ts';
import type { TaskOutcome } from './outcome.ts';

export interface Surroundings {
  readonly brokers: readonly string[];
  /** Base URL of what instances ask the control plane. */
  readonly controlPlane: string;
}

/** @param artifact the release's, if it has one */
export function taskDocument(
  { brokers, controlPlane }: Surroundings,
  state: ClusterState,
  release: ReleaseRecord,
  task: TaskRecord,
  artifact: ArtifactRecord | undefined,
): TaskRequest['document'] {
  const { plan, record: cluster } = state;
  const program: TaskDocument['program'] =
    task.kind === 'release' ? { kind: 'hook', hook: 'release' } : { kind: 'command', command: [...task.command] };
  return {
    v: 1 as const,
    tenant: task.tenant,
    application: task.application,
    alias: task.alias,
    instance: task.uid,
    cluster: cluster.uid,
    brokers: [...brokers],
    controlPlane,
    // Nobody reaches a task: it gets no port.
    cartridge: withoutPorts(cartridgeDocument(plan, release.cartridge.image)),
    task: {
      release: desiredRelease(release, artifact, { controlPlane }),
      program,
      metadataUrl: metadataUrl({ controlPlane }),
      timeoutSeconds: task.timeoutSeconds,
    },
  };
}

function withoutPorts(cartridge: TaskRequest['document']['cartridge']): TaskRequest['document']['cartridge'] {
  return { ...cartridge, spec: { ...cartridge.spec, ports: [] } };
}

/** `what` became of a task, as the event `task.WHAT`. */
export function taskHappening(
  record: TaskRecord,
  what: 'created' | TaskOutcome['state'],
  cause: string,
  data: Readonly<Record<string, unknown>> = {},
): Happening {
  const { kind, release, command, createdBy } = record;
  return {
    tenant: record.tenant,
    subject: subjectOf.task(record),
    type: `task.${what}`,
    cause,
    data: { kind, release, ...(command.length > 0 ? { command } : {}), by: createdBy, ...data },
  };
}
