/**
 * What a provider hands to the agent of an instance: `instance.json` in the instance's directory. The token lies beside it
 * in a file of mode 0600 and never in an environment, an argument or this document.
 */
import * as z from 'zod';
import { cartridgeSpec } from '../manifests/cartridge.ts';
import { logFiles } from '../manifests/log-file.ts';
import { LONGEST_VALUE, VARIABLE_PATTERN } from '../manifests/variable.ts';
import { digest } from '../mqtt/artifact.ts';
import { id } from '../mqtt/payload.ts';
import { buildDocument } from './build.ts';
import { taskDocument } from './task.ts';

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
  /**
   * Absolute path of a PEM file with the authorities that certificates of `mqtts://` brokers are checked against, read again at each
   * connection; where no such file is, those of the machine.
   */
  brokerCaFile: z.string().optional(),
  /** Base URL of the control plane's instance endpoints (release configuration, artifacts). */
  controlPlane: z.url(),
  /**
   * What the URLs of desired documents and topologies begin with where the instance reaches the control plane otherwise than those say:
   * {@link controlPlane} is asked in its place.
   */
  documentsBase: z.url().optional(),
  /** User id, and group id, that the instance runs with; that of who started it if absent. */
  user: z.int().positive().optional(),
  /** Absolute path of the control group (version 2) that the application is put into; none if absent. */
  memoryGroup: z.string().optional(),
  /** Absolute path of the file that holds the instance's token. */
  tokenFile: z.string(),
  /** The address at which others reach this instance. */
  advertisedHost: z.string(),
  /** The address that the application shall listen on (`HOST`). */
  listenHost: z.string(),
  ports: z.array(z.object({ name: id, protocol: z.enum(['http', 'tcp']), port: z.int().min(1).max(65535) })).max(16),
  /** Which of the volumes of its service cluster are this instance's, from 0: one instance at a time has those of a number. */
  ordinal: z.int().min(0).max(100_000).optional(),
  /** Where it has the volumes that its cartridge declares, by absolute paths; absent: it has none. */
  volumes: z
    .array(z.object({ name: id, path: z.string() }))
    .max(8)
    .optional(),
  cartridge: z.object({
    name: id,
    /** Absolute path of the cartridge's folder (hooks are run from it). */
    directory: z.string(),
    /** Absolute path of the folder that holds the cartridge's versions, each called by its digest; absent: there is this one only. */
    versions: z.string().optional(),
    spec: cartridgeSpec,
  }),
  /** Present: this is no instance but a one-off task. `instance` is the task's uid. */
  task: taskDocument.optional(),
  /** Present: this is no instance but a build. `instance` is the build's uid. */
  build: buildDocument.optional(),
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

/** What the agent writes to `connection.json` while a broker's certificate keeps it from connecting; none otherwise. */
export const connectionProblem = z.object({
  v: z.literal(1),
  code: z.string().regex(/^broker-certificate-[a-z-]{1,40}$/),
  message: z.string().min(1).max(2000),
});
export type ConnectionProblem = z.infer<typeof connectionProblem>;

const secretReference = z.object({
  /** The variable that tells the application. */
  name: z.string().regex(VARIABLE_PATTERN),
  version: z.int().min(1),
  /** Uid of the version. */
  uid: id,
  /** The variable holds the value, or the path of a file that does. */
  delivery: z.enum(['environment', 'file']),
});
export type SecretReference = z.infer<typeof secretReference>;

/**
 * The version of the cartridge that a release was made with, and what of it an application is started by: whatever becomes of the
 * cartridge, the release stays what it is.
 */
export const releaseCartridge = z.object({
  name: id,
  version: cartridgeSpec.shape.version,
  /** Of the archive of its folder. */
  digest,
  spec: z.object({
    hooks: cartridgeSpec.shape.hooks,
    environment: cartridgeSpec.shape.environment,
    readiness: cartridgeSpec.shape.readiness,
    health: cartridgeSpec.shape.health,
    stopSignal: cartridgeSpec.shape.stopSignal,
    hookTimeoutSeconds: cartridgeSpec.shape.hookTimeoutSeconds,
  }),
});

/** The body of a release's configuration, fetched by agents with the instance's token. It names secrets and holds none. */
export const releaseConfiguration = z.object({
  /** 2 where there are secrets: an agent that reads only 1 must not start the application without them. */
  v: z.union([z.literal(1), z.literal(2)]),
  release: id,
  /** Environment of the application, over the cartridge's. */
  environment: z.record(z.string().regex(VARIABLE_PATTERN), z.string().max(LONGEST_VALUE)),
  /** Start command over the cartridge's `start` hook; run in the artifact's directory. */
  start: z.array(z.string().max(4096)).min(1).max(64).optional(),
  readiness: cartridgeSpec.shape.readiness.optional(),
  secrets: z.array(secretReference).max(400).optional(),
  /** Absent in releases that were made before there were versions: they run with the cartridge that the instance was begun with. */
  cartridge: releaseCartridge.optional(),
  /** Files that belong to the log: the cartridge's and the component's together. */
  logs: logFiles.optional(),
});
export type ReleaseConfiguration = z.infer<typeof releaseConfiguration>;

/** Longest value of a secret, in characters. */
export const LONGEST_SECRET = 65_536;

/**
 * The values of a release's secrets by name, fetched apart from its configuration: the configuration's digest is published, and
 * the digest of a short secret would give it away.
 */
export const releaseSecrets = z.object({
  v: z.literal(1),
  release: id,
  values: z.record(z.string().regex(VARIABLE_PATTERN), z.string().max(LONGEST_SECRET)),
});
export type ReleaseSecrets = z.infer<typeof releaseSecrets>;
