/**
 * `desired`: the whole of what a service cluster's agents shall run; never a delta. QoS 1, retained.
 * Carries no secret and no configuration text: agents fetch those over HTTP with the instance's token.
 */
import * as z from 'zod';
import { metadataVersion } from '../agent/metadata.ts';
import { digest } from './artifact.ts';
import { generation, id, nonNegative, parserOf, version } from './payload.ts';
import { httpUrl } from './text.ts';

const slot = z.object({ slot: id, digest, bytes: nonNegative, urls: z.array(httpUrl).min(1).max(8) });
export type ArtifactSlot = z.infer<typeof slot>;

export const desiredRelease = z.object({
  release: id,
  artifacts: z.array(slot).max(4),
  /** SHA-256 (hex) of the release configuration that `configurationUrl` answers with. */
  configurationDigest: z.string().regex(/^[0-9a-f]{64}$/),
  configurationUrl: httpUrl,
  /** Where the values of the release's secrets are fetched; absent: it has none. */
  secretsUrl: httpUrl.optional(),
});
export type DesiredRelease = z.infer<typeof desiredRelease>;

const desiredDocument = z.object({
  v: version,
  /** Uid of the service cluster. Documents are compared by (uid, epoch, generation). */
  uid: id,
  epoch: generation,
  generation,
  stable: desiredRelease.optional(),
  /** Present during a roll-out: only `instances` take it, every other agent fetches it ahead and waits. */
  candidate: desiredRelease.extend({ instances: z.array(id).max(1000) }).optional(),
  /** Which metadata instances shall have, and where it is fetched; absent: none was ever set. */
  metadata: z.object({ version: metadataVersion, url: httpUrl }).optional(),
  reportIntervalSeconds: z.number().min(1).max(60),
});
export type DesiredDocument = z.infer<typeof desiredDocument>;

export const parseDesired = parserOf<DesiredDocument>(desiredDocument);

/** Order of two versions of the same document: by epoch, then by generation. */
export function isNewer(a: { epoch: number; generation: number }, b: { epoch: number; generation: number }): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.generation > b.generation);
}
