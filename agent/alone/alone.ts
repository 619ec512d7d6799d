/** What a pod begins with that nobody has told which instance it is. Pure. */
import { dirname } from 'node:path';
import { newUid } from '../../schema/ids.ts';
import type { ReleaseDocument } from '../../schema/agent/release-document.ts';
import type { DesiredDocument } from '../../schema/mqtt/desired.ts';
import type { AgentConfiguration } from '../config/instance.ts';
import type { Settings } from '../config/settings.ts';
import { instanceDocumentOf, type PodFacts } from '../identity/files.ts';

/**
 * As though it were an instance of a name that nobody else has; what it is by the control plane's word takes that place later.
 *
 * @param path of `instance.json`, which is not written: there is nothing in it that a next run should go by
 */
export function aloneConfiguration(
  { instance }: ReleaseDocument,
  pod: PodFacts,
  path: string,
  settings: Settings,
): AgentConfiguration {
  const directory = dirname(path);
  const document = instanceDocumentOf({ ...instance, instance: newUid(), brokers: [] }, pod, directory);
  return { directory, document, settings };
}

/** Older than whatever a control plane publishes: the first document of a broker takes its place. */
export function aloneDesired({ instance, stable, reportIntervalSeconds }: ReleaseDocument): DesiredDocument {
  return { v: 1, uid: instance.cluster, epoch: 0, generation: 0, stable, reportIntervalSeconds };
}
