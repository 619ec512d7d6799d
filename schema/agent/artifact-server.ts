/**
 * The server of artifacts inside a host cluster: one a tenant. It fetches what the tenant's releases are made of from the control plane, and gives
 * it to pods that show what they were given for that very artifact, whether or not anybody else answers.
 */
import { createHmac } from 'node:crypto';
import * as z from 'zod';
import { digest } from '../mqtt/artifact.ts';
import { nonNegative } from '../mqtt/payload.ts';
import { INSTANCE_PATH } from './identity.ts';

/** Below the address of a control plane: `artifacts` is the list, `artifacts/DIGEST` an archive. */
export const ARTIFACT_SERVER_PATH = `${INSTANCE_PATH}/artifact-server`;
/** Where the server itself has its archives, each at `/artifacts/DIGEST`. */
export const ARTIFACTS_PATH = '/artifacts';
export const ARTIFACT_SERVER_PORT = 8080;
/** In the folder of the pod's identity: what the server shows to the control plane. */
export const ARTIFACT_SERVER_TOKEN_FILE = 'artifact-server-token';

/** Most artifacts of a list. */
export const MOST_ARTIFACTS = 5000;
/** Largest list, in bytes. */
export const MAX_ARTIFACT_LIST_BYTES = 1024 * 1024;

/** What a tenant's releases are made of, the most wanted first: what runs or is rolled out, then what may be rolled back to, the newest first. */
export const artifactList = z.object({
  v: z.literal(1),
  artifacts: z.array(z.object({ digest, bytes: nonNegative })).max(MOST_ARTIFACTS),
});
export type ArtifactList = z.infer<typeof artifactList>;

/** What is shown for one artifact. Of no use for another one: who has it can neither make nor guess the next. `token`: the server's own. */
export function artifactBearer(token: string, artifact: string): string {
  return createHmac('sha256', token).update(artifact).digest('base64url');
}
