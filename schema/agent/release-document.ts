/**
 * What a pod runs by while neither the control plane nor a broker can be asked: the release document of its service cluster, a file in each of its
 * pods. It may hold secrets: never logged, reported, or put into an environment.
 */
import * as z from 'zod';
import { desiredRelease } from '../mqtt/desired.ts';
import { digest } from '../mqtt/artifact.ts';
import { id } from '../mqtt/payload.ts';
import { httpUrl } from '../mqtt/text.ts';
import { MAX_ALIASES, topologyDocument } from '../mqtt/topology.ts';
import { certificatesDocument } from './certificates.ts';
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

/** Where the instances of a service cluster are found without anybody who names them. */
const membersPlace = z.object({
  /** In the pod's own namespace; its addresses are those of the instances that are ready. */
  service: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
  port: z.int().min(1).max(65535),
});
export type MembersPlace = z.infer<typeof membersPlace>;

/** What a load balancer goes by. */
const balancing = z.object({
  /** Name of the host cluster that the pod is in. */
  hostCluster: id,
  targets: z
    .array(
      z.object({
        alias: id,
        /** As it is published, but for who is there and for what only the control plane has. */
        topology: topologyDocument.omit({ members: true, certificates: true }),
        /** Absent: nobody is sent to it. */
        members: membersPlace.optional(),
      }),
    )
    .max(MAX_ALIASES),
});
export type Balancing = z.infer<typeof balancing>;

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
  /** In a load balancer's document: every service cluster of its application, its own included. */
  balancing: balancing.optional(),
  /** Those of its application, in a load balancer's document; absent where there are none, or where they have no room. */
  certificates: certificatesDocument.optional(),
});
export type ReleaseDocument = z.infer<typeof releaseDocument>;
