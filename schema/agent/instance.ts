/**
 * What a provider hands to the agent of an instance: `instance.json` in the instance's directory. The token lies beside it
 * in a file of mode 0600 and never in an environment, an argument or this document.
 */
import * as z from 'zod';
import { cartridgeSpec } from '../manifests/cartridge.ts';
import { id } from '../mqtt/payload.ts';

export const instanceDocument = z.object({
  v: z.literal(1),
  tenant: id,
  application: id,
  alias: id,
  instance: id,
  /** Uid of the service cluster. */
  cluster: id,
  /** Uid of the decision or request that started the instance. */
  cause: id.optional(),
  provider: z.enum(['process', 'kubernetes']),
  /** `mqtt://` or `mqtts://`; several are tried in turn. */
  brokers: z.array(z.url()).min(1).max(8),
  /** Base URL of the control plane's instance endpoints (release configuration, artifacts). */
  controlPlane: z.url(),
  /** Absolute path of the file that holds the instance's token. */
  tokenFile: z.string(),
  /** The address at which others reach this instance. */
  advertisedHost: z.string(),
  /** The address that the application shall listen on (`HOST`). */
  listenHost: z.string(),
  ports: z.array(z.object({ name: id, protocol: z.enum(['http', 'tcp']), port: z.int().min(1).max(65535) })).max(16),
  cartridge: z.object({
    name: id,
    /** Absolute path of the cartridge's folder (hooks are run from it). */
    directory: z.string(),
    spec: cartridgeSpec,
  }),
});
export type InstanceDocument = z.infer<typeof instanceDocument>;

/**
 * What the agent writes to `agent.json` before it starts the application, so that whoever finds the directory can ask the
 * kernel whether these processes still are what they were.
 */
export const processRecord = z.object({
  v: z.literal(1),
  instance: id,
  bootId: z.string(),
  session: id,
  agent: z.object({ pid: z.int().positive(), startTicks: z.int().min(0) }),
  /** Process groups of the application (session leaders), present while they run. */
  application: z.object({ pid: z.int().positive(), startTicks: z.int().min(0) }).optional(),
});
export type ProcessRecord = z.infer<typeof processRecord>;

/** The body of a release's configuration, fetched by agents with the instance's token. */
export const releaseConfiguration = z.object({
  v: z.literal(1),
  release: id,
  /** Environment of the application, over the cartridge's. */
  environment: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/), z.string().max(32_768)),
  /** Start command over the cartridge's `start` hook; run in the artifact's directory. */
  start: z.array(z.string().max(4096)).min(1).max(64).optional(),
  readiness: cartridgeSpec.shape.readiness.optional(),
});
export type ReleaseConfiguration = z.infer<typeof releaseConfiguration>;
