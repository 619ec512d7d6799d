/** `kind: Cartridge`: a runtime package that applications run on. */
import * as z from 'zod';
import { imageReference } from '../images.ts';
import { podSecurity } from './pod-security.ts';
import { argument, manifest, name, seconds } from './envelope.ts';
import { logFiles } from './log-file.ts';
import { bytes } from './quantity.ts';
import { volumes } from './volume.ts';

const command = z.array(argument.min(1).max(4096)).min(1).max(64);

const check = z
  .strictObject({
    http: z.strictObject({ path: z.string().startsWith('/').max(500), port: name.default('http') }).optional(),
    tcp: z.strictObject({ port: name }).optional(),
    command: command.optional(),
    intervalSeconds: seconds.default(1),
    timeoutSeconds: seconds.default(2),
    /** Readiness: how long an application may take to get ready; health: unused. */
    deadlineSeconds: seconds.default(60),
    /** Consecutive failures that make a healthy application unhealthy. */
    failureThreshold: z.int().min(1).max(100).default(3),
  })
  .refine(
    (value) => [value.http, value.tcp, value.command].filter((kind) => kind !== undefined).length === 1,
    'expected exactly one of http, tcp and command',
  );
export type Check = z.infer<typeof check>;

/** Extension hooks: executables of the cartridge's folder, relative to it. */
const hookPath = z
  .string()
  .max(200)
  .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).+$/, 'expected a path inside the cartridge’s folder');
export const HOOKS = [
  'build',
  'start',
  'release',
  'instance-started',
  'artifact-updated',
  'before-start',
  'after-start',
  'maintenance',
  'metadata-updated',
  'before-stop',
  'cleanup',
] as const;
export type HookName = (typeof HOOKS)[number];
/** Those that end by themselves and have no limit elsewhere: `start` is the application, `build` has the build's. */
const LIMITED_HOOKS = HOOKS.filter((hook) => hook !== 'build' && hook !== 'start');

export const resources = z.strictObject({
  cpuCores: z
    .number()
    .positive()
    .max(1024)
    .describe('CPUs that one instance is expected to use; what loadAverage is measured against.'),
  memoryBytes: bytes.describe('Memory that one instance may use.'),
});

const requirement = z
  .strictObject({
    command: z.string().min(1).max(100).optional().describe('A program that is found on the search path of instances.'),
    file: z
      .string()
      .max(500)
      .regex(/^\/[^\0]*$/, 'expected an absolute path')
      .optional()
      .describe('A file of the machine, by its absolute path: for what is no program on the search path.'),
    alternatives: z
      .array(z.string().min(1).max(500))
      .max(32)
      .optional()
      .describe('Other names of the command, or paths of the file, that do as well.'),
    purpose: z.string().max(200).describe('What for; said when it is missing.'),
    install: z.string().max(200).optional().describe('What to install, in words; said when it is missing.'),
    version: z
      .strictObject({
        minimum: z.string().regex(/^\d{1,6}(\.\d{1,6}){0,3}$/, 'expected numbers with points between them'),
        arguments: z.array(argument.max(200)).max(8).default(['--version']),
      })
      .optional()
      .describe('Oldest version of the command that will do, and the arguments with which it says its own.'),
  })
  .refine(
    ({ command, file }) => (command === undefined) !== (file === undefined),
    'expected exactly one of command and file',
  )
  .refine(({ file, version }) => file === undefined || version === undefined, 'a file says no version');
/** Something that the machine must have. */
export type Requirement = z.infer<typeof requirement>;

const network = z.strictObject({
  from: z
    .enum(['load-balancer', 'application'])
    .optional()
    .describe(
      'Who may connect to its instances: the load balancers of their application, or everything in it; absent: the application for the category data, else the load balancers.',
    ),
  to: z
    .array(z.union([z.cidrv4(), z.cidrv6()]))
    .max(32)
    .default([])
    .describe('Private networks that its instances may reach; the internet they may reach anyway.'),
});

export const cartridgeSpec = z.strictObject({
  description: z.string().max(1000).optional(),
  version: z.string().min(1).max(60),
  category: z.enum(['framework', 'data', 'load-balancer']),
  runtimes: z.array(z.enum(['container', 'vm', 'process'])).min(1),
  image: imageReference
    .describe('The image that its containers run, by its digest; a cartridge that is applied has one.')
    .optional(),
  /** What the process runtime needs of the machine; checked before anything starts. */
  requires: z.array(requirement).max(32).default([]),
  /** Files whose presence in a source tree makes `cartwright deploy` choose this cartridge; the highest priority wins. */
  detect: z.strictObject({ files: z.array(z.string().max(200)).min(1), priority: z.int().default(0) }).optional(),
  ports: z
    .array(z.strictObject({ name, protocol: z.enum(['http', 'tcp']) }))
    .max(16)
    .default([]),
  network: network
    .optional()
    .describe('What its containers may reach and be reached by, beyond the usual; processes are not held to it.'),
  podSecurity: podSecurity
    .optional()
    .describe(
      'The level of the Pod Security Standards that its containers need; restricted if absent. An operator has to allow another to the tenant; processes are not held to it.',
    ),
  hooks: z.partialRecord(z.enum(HOOKS), hookPath).default({}),
  /** Longest that a hook may take, where the default is not right; whoever stops an instance may give it less. */
  hookTimeoutSeconds: z.partialRecord(z.enum(LIMITED_HOOKS), seconds).optional(),
  /** Where it is the application's own: without it no task is made for the hook. */
  releaseHookNeeds: hookPath
    .optional()
    .describe(
      'A path of the built tree without which the hook release has nothing to do: a release without it waits for no task.',
    ),
  environment: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/), z.string()).default({}),
  readiness: check.optional(),
  health: check.optional(),
  /** Files that its applications write and that belong to their logs. */
  logs: logFiles.optional(),
  /** Expected time from the request for an instance to its first readiness, used until starts have been measured. */
  startSeconds: seconds.default(30),
  /** Time after readiness in which an instance's load is start-up work and not demand. */
  warmUpSeconds: z.number().min(0).max(3600).default(0),
  /** Time in which a new instance comes up to its share of the requests; 0: at once. Absent: the load balancer's default. */
  slowStartSeconds: z.number().min(0).max(3600).optional(),
  /** What asks the program of the hook `start`, and all that it started, to end; SIGTERM if absent. */
  stopSignal: z
    .enum(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'])
    .optional()
    .describe(
      'What asks the program of the hook start, and all that it started, to finish and end; SIGTERM if absent.',
    ),
  /** Longest time that in-flight work gets when an instance is stopped. */
  drainSeconds: seconds.default(30),
  /** Requests that one instance serves well at once; absent: not declared, and no requestsInFlight factor by default. */
  concurrency: z.int().min(1).max(100_000).optional(),
  /** Whether clients come back to the same instance, where a route does not say: `cookie` for runtimes that keep sessions in memory or in local files. */
  affinity: z.enum(['none', 'cookie']).default('none'),
  resources: resources.default({ cpuCores: 1, memoryBytes: 256 * 1024 * 1024 }),
  volumes: volumes
    .optional()
    .describe('Folders that outlive an instance: the one that takes its place finds them as they were left.'),
  artifact: z.strictObject({ required: z.boolean().default(true) }).default({ required: true }),
  build: z
    .strictObject({ timeoutSeconds: seconds.default(600), maximumBytes: bytes.default(512 * 1024 * 1024) })
    .default({ timeoutSeconds: 600, maximumBytes: 512 * 1024 * 1024 }),
});
/** A cartridge's spec with every default filled in. */
export type CartridgeSpec = z.infer<typeof cartridgeSpec>;

export const cartridgeManifest = manifest('Cartridge', cartridgeSpec);
export type CartridgeManifest = z.infer<typeof cartridgeManifest>;
