/** Birth, lifecycle and will of an instance: what its agent says of it becomes the record. */
import type { StatusReport, Will } from '../../../schema/mqtt/status.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { InstanceJournal } from '../fleet/instance-journal.ts';
import type { InstanceRecord, LifecycleState } from '../records/instances.ts';
import { SILENT_AFTER_MILLISECONDS } from '../reconcile/health.ts';
import type { Silence } from '../reconcile/silence.ts';
import type { Source } from './ingest.ts';

const REMEMBERED_SESSIONS = 8;

export interface StatusContext {
  readonly journal: InstanceJournal;
  /** Something changed that the reconciler should look at soon. */
  readonly markDirty: (cluster: ClusterState) => void;
  /** Whether this control plane was stopped a moment ago is looked at before a will is believed. */
  readonly silence: Pick<Silence, 'look'>;
  /** A start succeeded after this many seconds, counted from the request for the instance. */
  readonly started: (cluster: ClusterState, seconds: number) => void;
}

export function onStatus(source: Source, report: StatusReport | Will, context: StatusContext): void {
  if (report.state === 'offline') {
    onWill(source, report, context);
    return;
  }
  const { cluster, instance, receivedAt } = source;
  if (!accept(instance, report)) return;
  instance.connected = true;
  instance.lastHeardAt = receivedAt;
  instance.restarts = report.restarts;
  instance.agentVersion = report.agentVersion;
  const patch = patchFrom(instance, report, cluster, receivedAt);
  const becameActive = patch.state === 'active' && instance.record.activeAt === null;
  context.journal.update(cluster, instance, patch);
  if (becameActive) {
    context.started(cluster, (receivedAt - instance.record.createdAt) / 1000);
  }
  tellOfHook(source, report, context);
  const warmUpUntil = becameActive ? receivedAt + cluster.plan.spec.warmUpSeconds * 1000 : receivedAt;
  cluster.windows.setInstanceState(instance.record.uid, instance.record.state, receivedAt, warmUpUntil);
  context.markDirty(cluster);
}

/** Reports of one session come in the order of their sequence; another session than the last is another run of the agent. */
function accept(instance: InstanceState, report: StatusReport): boolean {
  if (instance.session === report.session) {
    // A repeated birth (same sequence) is a reconnect: the agent is there again.
    if (report.sequence < instance.statusSequence) return false;
  } else if (instance.endedSessions.includes(report.session)) {
    return false;
  } else {
    // Not by order of the ULIDs: an agent's clock may have gone back between two runs.
    if (instance.session !== null)
      instance.endedSessions = [...instance.endedSessions, instance.session].slice(-REMEMBERED_SESSIONS);
    instance.session = report.session;
    instance.statsSequence = 0;
    if (instance.hookFailures !== null) instance.hookFailures = 0;
  }
  instance.statusSequence = report.sequence;
  return true;
}

/**
 * A failed hook that stopped nothing is kept, and an event, once. What the first report to this control plane tells of may have
 * been told to the one before it: then the record has it.
 */
function tellOfHook({ cluster, instance, receivedAt }: Source, report: StatusReport, { journal }: StatusContext): void {
  const told = instance.hookFailures;
  const number = report.hookFailure?.number ?? 0;
  instance.hookFailures = number;
  if (report.hookFailure === undefined) return;
  const { hook, message } = report.hookFailure;
  const known = instance.record.hookFailure;
  if (told === null ? known?.hook === hook && known.message === message : number <= told) return;
  journal.update(cluster, instance, { hookFailure: { hook, message, at: receivedAt } });
  journal.happened(instance, { type: 'instance.hook-failed', data: { hook, message } });
}

function patchFrom(
  instance: InstanceState,
  report: StatusReport,
  cluster: ClusterState,
  now: number,
): Partial<InstanceRecord> {
  const port = report.addresses.find((address) => address.name === 'http') ?? report.addresses[0];
  // That it is gone is the provider's to say: until then something of it may run, and has to be cleared away.
  const state: LifecycleState = report.state === 'terminated' ? 'ready-to-shutdown' : report.state;
  return {
    state: instance.record.state === 'terminated' ? 'terminated' : state,
    unreachable: false,
    reason: report.reason ?? null,
    ...(port === undefined ? {} : { host: port.host, port: port.port }),
    ...(state === 'active' && instance.record.activeAt === null ? { activeAt: now } : {}),
    ...(report.inventory === undefined ? {} : { inventory: report.inventory }),
    release: instance.artifact?.release ?? instance.record.release ?? cluster.record.stableRelease,
  };
}

function onWill(source: Source, will: Will, context: StatusContext): void {
  const { cluster, instance, receivedAt } = source;
  // The will of another session is the echo of a connection that has been replaced.
  if (instance.session !== will.session) return;
  instance.connected = false;
  if (instance.record.state === 'terminated') return;
  // After an outage of the platform's own a broken connection is the platform's doing: the agent gets its time to come back.
  context.silence.look();
  if (instance.lastHeardAt < instance.awaitedSince && receivedAt - instance.awaitedSince < SILENT_AFTER_MILLISECONDS)
    return;
  context.journal.update(cluster, instance, { unreachable: true });
  context.markDirty(cluster);
}
