/** `<instance>/artifact`: how far the agent has brought each artifact slot. QoS 1, retained. */
import * as z from 'zod';
import { byId, count, generation, id, parserOf, version } from './payload.ts';
import { reason } from './status.ts';

const ARTIFACT_PHASES = ['fetching', 'fetched', 'switching', 'active', 'failed'] as const;
export type ArtifactPhase = (typeof ARTIFACT_PHASES)[number];

/** `sha256-` and 64 hex digits. */
export const digest = z.string().regex(/^sha256-[0-9a-f]{64}$/);

/** Most slots of one report. */
const MAX_SLOTS = 16;

const slotReport = z.object({
  epoch: generation,
  generation,
  release: id,
  digest,
  phase: z.enum(ARTIFACT_PHASES),
  error: reason.optional(),
});

const artifactReport = z.object({
  v: version,
  session: id,
  sequence: count,
  /** The release that the application runs now; absent before the first start. */
  release: id.optional(),
  slots: byId(slotReport, MAX_SLOTS),
});
export type ArtifactReport = z.infer<typeof artifactReport>;

export const parseArtifactReport = parserOf<ArtifactReport>(artifactReport);
