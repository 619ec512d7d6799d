/**
 * Desired documents and topologies are the same for all instances of a service cluster, and name the control plane by its own address. An instance that
 * reaches it otherwise asks there instead.
 */
import type { InstanceDocument } from '../../schema/agent/instance.ts';
import type { DesiredDocument, DesiredRelease } from '../../schema/mqtt/desired.ts';

/** A URL of such a document as this instance asks for it; one that leads elsewhere stays as it is. */
export type Reach = (url: string) => string;

export function reachOf({
  controlPlane,
  documentsBase,
}: Pick<InstanceDocument, 'controlPlane' | 'documentsBase'>): Reach {
  if (documentsBase === undefined) return (url) => url;
  const before = `${documentsBase}/`;
  return (url) => (url.startsWith(before) ? `${controlPlane}/${url.slice(before.length)}` : url);
}

function release<T extends DesiredRelease>(desired: T, reach: Reach): T {
  const { artifacts, configurationUrl, secretsUrl } = desired;
  return {
    ...desired,
    artifacts: artifacts.map((slot) => ({ ...slot, urls: slot.urls.map(reach) })),
    configurationUrl: reach(configurationUrl),
    ...(secretsUrl === undefined ? {} : { secretsUrl: reach(secretsUrl) }),
  };
}

/** With each URL as this instance asks for it. */
export function reachable(document: DesiredDocument, reach: Reach): DesiredDocument {
  const { stable, candidate, metadata } = document;
  return {
    ...document,
    ...(stable === undefined ? {} : { stable: release(stable, reach) }),
    ...(candidate === undefined ? {} : { candidate: release(candidate, reach) }),
    ...(metadata === undefined ? {} : { metadata: { ...metadata, url: reach(metadata.url) } }),
  };
}
