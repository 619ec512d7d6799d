/** How far an instance's agent is with its release. */
import type { ArtifactReport } from '../../../schema/mqtt/artifact.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { InstanceJournal } from '../fleet/instance-journal.ts';
import type { Source } from './ingest.ts';

export interface ArtifactContext {
  readonly journal: InstanceJournal;
  readonly markDirty: (cluster: ClusterState) => void;
}

export function onArtifact(source: Source, report: ArtifactReport, context: ArtifactContext): void {
  const { instance, cluster } = source;
  const present = instance.artifact;
  const isOld =
    present?.session === report.session
      ? report.sequence < present.sequence
      : instance.endedSessions.includes(report.session);
  if (isOld) return;
  const before = instance.runningRelease;
  instance.artifact = report;
  if (instance.runningRelease !== before) instance.formerRelease = { release: before, until: source.receivedAt };
  if (report.release !== undefined && report.release !== instance.record.release) {
    context.journal.update(cluster, instance, { release: report.release });
  }
  context.markDirty(cluster);
}
