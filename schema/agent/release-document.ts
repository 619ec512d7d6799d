/**
 * What a pod runs by while neither the control plane nor a broker can be asked: the release document of its service cluster, a file in each of its
 * pods. It may hold secrets: never logged, reported, or put into an environment.
 */
import * as z from 'zod';
import { desiredRelease } from '../mqtt/desired.ts';
import { digest } from '../mqtt/artifact.ts';
import { httpUrl } from '../mqtt/text.ts';
import { identityDocument } from './identity.ts';
import { releaseSecrets } from './instance.ts';
import { metadataDocument } from './metadata.ts';

/** Its name in the folder of the pod's identity. */
export const RELEASE_DOCUMENT_FILE = 'release.json';
/** Largest document, in bytes of UTF-8: Kubernetes keeps no Secret above 1 MiB. */
export const MAX_RELEASE_DOCUMENT_BYTES = 1_000_000;

/** The server of artifacts inside the host cluster. */
const artifactServer = z.object({
  /** An artifact is at `URL/DIGEST`. */
  url: httpUrl,
  /** What it wants to be shown for each artifact; of no use for another one. */
  bearers: z.record(digest, z.string().regex(/^[\x21-\x7e]{1,512}$/)),
});
export type ArtifactServer = z.infer<typeof artifactServer>;

export const releaseDocument = z.object({
  v: z.literal(1),
  /** What an instance of the service cluster is begun with, but for which one it is and where its brokers are. */
  instance: identityDocument.omit({ instance: true, cause: true, brokers: true }),
  /** The stable release, as it was last published. */
  stable: desiredRelease,
  /** Exactly the bytes whose digest the release names. */
  configuration: z.string(),
  /** Present where the release has secrets. */
  secrets: releaseSecrets.optional(),
  metadata: metadataDocument.optional(),
  reportIntervalSeconds: z.number().min(1).max(60),
  artifactServer: artifactServer.optional(),
});
export type ReleaseDocument = z.infer<typeof releaseDocument>;
