/** Settings of the control plane, from the environment (`CARTWRIGHT_*`) under what the command line says. */
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { PodSecurity } from '../schema/manifests/pod-security.ts';
import { CartwrightError } from './app/errors.ts';
import { reachable } from './app/hosts.ts';
import type { CacheBounds } from './domain/collection/caches.ts';
import { DEFAULT_RATES, type RateLimits } from './app/rate-limiter.ts';

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'expected a port, 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'expected a port, 0 to 65535');
/** Below those that Linux gives to connections of its own (from 32768 on), of which one could have an instance's just as it starts. */
const DEFAULT_INSTANCE_PORTS = { from: 20_000, to: 23_999 };

const portRange = z
  .string()
  .regex(/^\d{1,5}-\d{1,5}$/, 'expected a range of ports such as 20000-23999')
  .transform((text) => {
    const [from, to] = text.split('-').map(Number) as [number, number];
    return { from, to };
  })
  .refine(({ from, to }) => from >= 1 && from <= to && to <= 65535, 'expected a range of ports such as 20000-23999');
/** 65534 is `nobody`, whom programs drop their rights to; the last two numbers mean "none" to the kernel. */
const userRange = z
  .string()
  .regex(/^\d{1,10}-\d{1,10}$/, 'expected a range of user ids such as 210000-219999')
  .transform((text) => {
    const [from, to] = text.split('-').map(Number) as [number, number];
    return { from, to };
  })
  .refine(
    ({ from, to }) => from >= 1000 && from <= to && to <= 4_294_967_293 && !(from <= 65_534 && to >= 65_534),
    'expected a range of user ids from 1000 on and without 65534, such as 210000-219999',
  );
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
const amount = z
  .string()
  .regex(/^[1-9]\d{0,5}$/, 'expected a whole number, 1 to 999999')
  .transform(Number);
const wholeBytes = z
  .string()
  .regex(/^\d{1,15}$/, 'expected bytes, a whole number')
  .transform(Number);
const podSecurityByTenant = z
  .string()
  .regex(
    /^\s*([a-z0-9-]{1,40}=(restricted|baseline|privileged)(\s*,\s*|\s*$))*$/,
    'expected TENANT=LEVEL with commas between them, such as acme=baseline; levels are restricted, baseline and privileged',
  )
  .transform((text) =>
    Object.fromEntries(
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '')
        .map((item) => item.split('=') as [string, PodSecurity]),
    ),
  );
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

const environment = z.object({
  CARTWRIGHT_DATA: z.string().min(1).default(join(homedir(), '.local/share/cartwright')),
  /** Keys that secrets are encrypted with; below the data folder unless said otherwise. */
  CARTWRIGHT_KEY_FILE: z.string().min(1).optional(),
  CARTWRIGHT_HTTP_HOST: z.string().min(1).default('127.0.0.1'),
  CARTWRIGHT_HTTP_PORT: port.default(4747),
  CARTWRIGHT_MQTT_HOST: z.string().min(1).default('127.0.0.1'),
  CARTWRIGHT_MQTT_PORT: port.default(4748),
  /** An outside broker instead of the embedded one. */
  CARTWRIGHT_BROKER_URL: z.url({ protocol: /^mqtts?$/ }).optional(),
  CARTWRIGHT_BROKER_USERNAME: z.string().optional(),
  CARTWRIGHT_BROKER_PASSWORD_FILE: z.string().optional(),
  CARTWRIGHT_BROKER_CA_FILE: z.string().optional(),
  /** The user that may change Mosquitto's accounts; with it, agents' accounts are kept there. */
  CARTWRIGHT_BROKER_SECURITY_USERNAME: z.string().min(1).optional(),
  CARTWRIGHT_BROKER_SECURITY_PASSWORD_FILE: z.string().optional(),
  /** A PostgreSQL database instead of the SQLite file in the data folder. */
  CARTWRIGHT_DATABASE_URL: z.string().optional(),
  CARTWRIGHT_DATABASE_PASSWORD_FILE: z.string().optional(),
  CARTWRIGHT_DATABASE_CA_FILE: z.string().optional(),
  CARTWRIGHT_DATABASE_CONNECTIONS: z
    .string()
    .regex(/^\d{1,3}$/, 'expected a number, 2 to 100')
    .transform(Number)
    .refine((value) => value >= 2 && value <= 100, 'expected a number, 2 to 100')
    .default(8),
  /** How long a control plane on PostgreSQL is the holder without renewing it: what a take-over waits for. */
  CARTWRIGHT_LEASE_SECONDS: z
    .string()
    .regex(/^\d{1,3}(\.\d+)?$/, 'expected seconds, 2 to 300')
    .transform(Number)
    .refine((value) => value >= 2 && value <= 300, 'expected seconds, 2 to 300')
    .default(10),
  /** Listening elsewhere than on loopback, without TLS, is something an operator says by name. */
  CARTWRIGHT_ALLOW_PLAINTEXT: flag.default(false),
  /** Under which Git hosts and people reach the control plane, when a proxy stands before it. */
  CARTWRIGHT_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .refine((text) => {
      const url = URL.parse(text);
      return url !== null && `${url.username}${url.password}${url.search}${url.hash}` === '';
    }, 'expected https://host, with a path if need be, and without user, query and fragment')
    .transform((text) => text.replace(/\/+$/, ''))
    .optional(),
  /** The host in applications' URLs. */
  CARTWRIGHT_PUBLIC_HOST: z
    .string()
    .regex(
      /^[A-Za-z0-9._-]{1,253}$|^[0-9A-Fa-f:.]{2,45}$/,
      'expected a host name or an address, without scheme and port',
    )
    .optional(),
  /** What load balancers listen on; another address than loopback is an operator's word that it may be reached from there. */
  CARTWRIGHT_PUBLIC_LISTEN_HOST: z
    .string()
    .refine((host) => isIP(host) !== 0, 'expected an address of this machine, 0.0.0.0 or ::')
    .default('127.0.0.1'),
  CARTWRIGHT_PUBLIC_PORTS: portRange.default({ from: 8080, to: 8179 }),
  CARTWRIGHT_INSTANCE_PORTS: portRange.default(DEFAULT_INSTANCE_PORTS),
  /** User ids for tenants, one each; without them all instances run as the user of the control plane. */
  CARTWRIGHT_TENANT_USERS: userRange.optional(),
  /** How long a replaced token of an instance is accepted beside the new one. */
  CARTWRIGHT_TOKEN_GRACE_SECONDS: z
    .string()
    .regex(/^\d{1,5}$/, 'expected seconds, 10 to 86400')
    .transform(Number)
    .refine((value) => value >= 10 && value <= 86_400, 'expected seconds, 10 to 86400')
    .default(600),
  /** From one token of an instance that is a pod to its next. */
  CARTWRIGHT_INSTANCE_TOKEN_SECONDS: z
    .string()
    .regex(/^\d{1,5}$/, 'expected seconds, 30 to 86400')
    .transform(Number)
    .refine((value) => value >= 30 && value <= 86_400, 'expected seconds, 30 to 86400')
    .default(3600),
  /** Hosts that Git may reach, separated by commas; `any` for all of them. */
  CARTWRIGHT_GIT_HOSTS: list.default([]),
  /** Folders whose repositories may be used as `file:` sources. */
  CARTWRIGHT_GIT_FILE_ROOTS: list.default([]),
  CARTWRIGHT_GIT_POLL_SECONDS: z
    .string()
    .regex(/^\d{1,5}(\.\d+)?$/, 'expected seconds, 1 to 86400')
    .transform(Number)
    .refine((value) => value >= 1 && value <= 86_400, 'expected seconds, 1 to 86400')
    .default(60),
  /** Below it logs give way and deployments are refused; 0: never. */
  CARTWRIGHT_MINIMUM_FREE_DISK_PERCENT: z
    .string()
    .regex(/^\d{1,2}(\.\d+)?$/, 'expected a percentage, 0 to 99.9')
    .transform(Number)
    .refine((value) => value < 100, 'expected a percentage, 0 to 99.9')
    .default(10),
  /** Artifacts and uploaded trees together; what is in use is kept beyond it. */
  CARTWRIGHT_ARCHIVE_BYTES: wholeBytes.default(20 * 1024 ** 3),
  /** Build caches: of one component, and of all together; the one that a build uses is kept beyond it. */
  CARTWRIGHT_COMPONENT_CACHE_BYTES: wholeBytes.default(2 * 1024 ** 3),
  CARTWRIGHT_CACHE_BYTES: wholeBytes.default(10 * 1024 ** 3),
  /** What all instances of a tenant together may log. */
  CARTWRIGHT_LOG_BYTES_PER_SECOND: z
    .string()
    .regex(/^\d{1,12}$/, 'expected bytes a second, 1024 or more')
    .transform(Number)
    .refine((value) => value >= 1024, 'expected bytes a second, 1024 or more')
    .default(1024 * 1024),
  /** Origins of pages that may open websockets, beside those of the control plane's own host. */
  CARTWRIGHT_ALLOWED_ORIGINS: list.default([]),
  /** How much each token may ask of the API. */
  CARTWRIGHT_API_REQUESTS_PER_SECOND: amount.default(DEFAULT_RATES.requestsPerSecond),
  CARTWRIGHT_API_BURST: amount.default(DEFAULT_RATES.burst),
  CARTWRIGHT_API_CONCURRENT: amount.default(DEFAULT_RATES.concurrent),
  CARTWRIGHT_API_SUBSCRIPTIONS: amount.default(DEFAULT_RATES.subscriptions),
  /** Hosts that drains may reach although they are of an inner network, separated by commas. */
  CARTWRIGHT_DRAIN_HOSTS: list.default([]),
  /** Hosts that notices may reach although they are of an inner network, or speak no TLS; separated by commas. */
  CARTWRIGHT_NOTICE_HOSTS: list.default([]),
  /** Programs that a host cluster's kubeconfig may have called for its credential, separated by commas. */
  CARTWRIGHT_HOST_CLUSTER_COMMANDS: list.default([]),
  /** API servers whose certificate need not be checked, or that are spoken to without TLS, by host; separated by commas. */
  CARTWRIGHT_HOST_CLUSTER_INSECURE_HOSTS: list.default([]),
  /** What a probe's pod is made from; Node.js has to be in it. */
  CARTWRIGHT_PROBE_IMAGE: z.string().min(1).max(500).default('node:24-bookworm-slim'),
  /** What runs instances: this machine, or the registered host clusters. */
  CARTWRIGHT_PROVIDER: z.enum(['process', 'kubernetes']).default('process'),
  /** The images that cartridges are run from, as `npm run images` writes them. */
  CARTWRIGHT_IMAGES: z.string().min(1).optional(),
  /** Tenants whose cartridges may need more than Pod Security's `restricted`, e.g. `acme=baseline`; separated by commas. */
  CARTWRIGHT_POD_SECURITY: podSecurityByTenant.default({}),
  /** Of the namespaces of tenants in host clusters: `PREFIX-TENANT`. */
  CARTWRIGHT_NAMESPACE_PREFIX: z
    .string()
    .regex(/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/, 'expected 1 to 20 lower-case letters, digits and hyphens')
    .default('cartwright'),
  /** Whether each tenant has a server of its artifacts in each host cluster, for pods that begin while the control plane is away. */
  CARTWRIGHT_ARTIFACT_SERVER: z.enum(['on', 'off']).default('on'),
  /** What its claim asks for, and the archives on it may take nine tenths of. */
  CARTWRIGHT_ARTIFACT_SERVER_BYTES: z.coerce
    .number()
    .int()
    .min(2 ** 26)
    .max(2 ** 44)
    .default(4 * 2 ** 30),
  /** Of its claim; the host cluster's default if absent. */
  CARTWRIGHT_ARTIFACT_SERVER_STORAGE_CLASS: z.string().min(1).max(253).optional(),
  /** How load balancers in host clusters are reached from outside. */
  CARTWRIGHT_LOAD_BALANCER_SERVICE: z.enum(['NodePort', 'LoadBalancer']).default('NodePort'),
  /** Where builds run: this machine, or Jobs in the host clusters; where instances run, if absent. */
  CARTWRIGHT_BUILDS: z.enum(['machine', 'jobs']).optional(),
  /** What a build in a host cluster may use. */
  CARTWRIGHT_BUILD_CPU: z.coerce.number().min(0.05).max(64).default(1),
  CARTWRIGHT_BUILD_MEMORY_MIB: z.coerce.number().int().min(64).max(1_048_576).default(1024),
  CARTWRIGHT_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** Where builds run, and what one may use. */
type Builds =
  { readonly kind: 'machine' } | { readonly kind: 'jobs'; readonly cpuCores: number; readonly memoryBytes: number };

export interface Config {
  readonly dataDirectory: string;
  readonly provider: 'process' | 'kubernetes';
  readonly builds: Builds;
  readonly imagesFile: string | undefined;
  readonly namespacePrefix: string;
  /** By tenant, what its containers may have beyond Pod Security's `restricted`. */
  readonly podSecurity: Readonly<Record<string, PodSecurity>>;
  readonly loadBalancerService: 'NodePort' | 'LoadBalancer';
  /** Undefined: there are none. */
  readonly artifactServer: { readonly bytes: number; readonly storageClass: string | undefined } | undefined;
  readonly keyFile: string;
  readonly http: { readonly host: string; readonly port: number };
  readonly broker:
    | { readonly kind: 'embedded'; readonly host: string; readonly port: number }
    | {
        readonly kind: 'outside';
        readonly url: string;
        readonly username?: string;
        readonly passwordFile?: string;
        readonly caFile?: string;
        /** The broker is a Mosquitto with its dynamic-security plugin, whose accounts are kept. */
        readonly security?: { readonly username: string; readonly passwordFile?: string };
      };
  readonly database:
    | { readonly kind: 'sqlite' }
    | {
        readonly kind: 'postgres';
        /** May hold a password: to be told to nobody. */
        readonly url: string;
        readonly passwordFile?: string;
        readonly caFile?: string;
        readonly connections: number;
        readonly leaseSeconds: number;
      };
  /** Without a slash at its end; null: nobody said. */
  readonly publicUrl: string | null;
  readonly publicHost: string;
  readonly publicListenHost: string;
  readonly publicPorts: { readonly from: number; readonly to: number };
  readonly instancePorts: { readonly from: number; readonly to: number };
  /** User ids for tenants; `undefined`: none of their own. */
  readonly tenantUsers: { readonly from: number; readonly to: number } | undefined;
  /** Beside the new one, from when it was handed over. */
  readonly tokenGraceSeconds: number;
  /** Of instances that are pods. */
  readonly instanceTokenSeconds: number;
  readonly git: {
    readonly hosts: readonly string[];
    readonly fileRoots: readonly string[];
    readonly pollSeconds: number;
  };
  readonly api: { readonly rates: RateLimits; readonly origins: readonly string[] };
  readonly logs: { readonly tenantBytesPerSecond: number; readonly drainHosts: readonly string[] };
  /** Share of the data folder's disk that is to be free, 0 to below 1. */
  readonly minimumFreeDiskShare: number;
  readonly noticeHosts: readonly string[];
  readonly hostClusters: {
    readonly commands: readonly string[];
    readonly insecureHosts: readonly string[];
    readonly probeImage: string;
  };
  /** Artifacts and uploaded trees together, in bytes. */
  readonly maximumArchiveBytes: number;
  readonly cacheBounds: CacheBounds;
  readonly logLevel: string;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** Throws `CONFIGURATION_INVALID`, naming the variable, what was expected and what it is. */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  const parsed = environment.safeParse(
    Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value !== '')),
  );
  if (!parsed.success) {
    const text = parsed.error.issues
      .map(
        (issue) =>
          `${issue.path.join('.')}: ${issue.message}, found ${JSON.stringify(variables[issue.path.join('.')])}`,
      )
      .join('; ');
    throw new CartwrightError('CONFIGURATION_INVALID', `the settings are not valid: ${text}`);
  }
  const values = parsed.data;
  checkPlaintext(values);
  return {
    dataDirectory: resolve(values.CARTWRIGHT_DATA),
    provider: values.CARTWRIGHT_PROVIDER,
    imagesFile: values.CARTWRIGHT_IMAGES && resolve(values.CARTWRIGHT_IMAGES),
    builds: buildsOf(values),
    podSecurity: values.CARTWRIGHT_POD_SECURITY,
    namespacePrefix: values.CARTWRIGHT_NAMESPACE_PREFIX,
    loadBalancerService: values.CARTWRIGHT_LOAD_BALANCER_SERVICE,
    artifactServer:
      values.CARTWRIGHT_ARTIFACT_SERVER === 'off'
        ? undefined
        : {
            bytes: values.CARTWRIGHT_ARTIFACT_SERVER_BYTES,
            storageClass: values.CARTWRIGHT_ARTIFACT_SERVER_STORAGE_CLASS,
          },
    keyFile: resolve(values.CARTWRIGHT_KEY_FILE ?? join(values.CARTWRIGHT_DATA, 'secret.keys')),
    http: { host: values.CARTWRIGHT_HTTP_HOST, port: values.CARTWRIGHT_HTTP_PORT },
    broker: brokerOf(values),
    database: databaseOf(values),
    publicUrl: values.CARTWRIGHT_PUBLIC_URL ?? null,
    publicHost: values.CARTWRIGHT_PUBLIC_HOST ?? reachable(values.CARTWRIGHT_PUBLIC_LISTEN_HOST),
    publicListenHost: values.CARTWRIGHT_PUBLIC_LISTEN_HOST,
    publicPorts: values.CARTWRIGHT_PUBLIC_PORTS,
    instancePorts: values.CARTWRIGHT_INSTANCE_PORTS,
    tenantUsers: values.CARTWRIGHT_TENANT_USERS,
    tokenGraceSeconds: values.CARTWRIGHT_TOKEN_GRACE_SECONDS,
    instanceTokenSeconds: values.CARTWRIGHT_INSTANCE_TOKEN_SECONDS,
    git: {
      hosts: values.CARTWRIGHT_GIT_HOSTS,
      fileRoots: values.CARTWRIGHT_GIT_FILE_ROOTS.map((root) => resolve(root)),
      pollSeconds: values.CARTWRIGHT_GIT_POLL_SECONDS,
    },
    api: {
      rates: {
        requestsPerSecond: values.CARTWRIGHT_API_REQUESTS_PER_SECOND,
        burst: values.CARTWRIGHT_API_BURST,
        concurrent: values.CARTWRIGHT_API_CONCURRENT,
        subscriptions: values.CARTWRIGHT_API_SUBSCRIPTIONS,
      },
      origins: values.CARTWRIGHT_ALLOWED_ORIGINS,
    },
    logs: {
      tenantBytesPerSecond: values.CARTWRIGHT_LOG_BYTES_PER_SECOND,
      drainHosts: values.CARTWRIGHT_DRAIN_HOSTS,
    },
    minimumFreeDiskShare: values.CARTWRIGHT_MINIMUM_FREE_DISK_PERCENT / 100,
    noticeHosts: values.CARTWRIGHT_NOTICE_HOSTS,
    hostClusters: {
      commands: values.CARTWRIGHT_HOST_CLUSTER_COMMANDS,
      insecureHosts: values.CARTWRIGHT_HOST_CLUSTER_INSECURE_HOSTS,
      probeImage: values.CARTWRIGHT_PROBE_IMAGE,
    },
    maximumArchiveBytes: values.CARTWRIGHT_ARCHIVE_BYTES,
    cacheBounds: { component: values.CARTWRIGHT_COMPONENT_CACHE_BYTES, total: values.CARTWRIGHT_CACHE_BYTES },
    logLevel: values.CARTWRIGHT_LOG_LEVEL,
  };
}

type Values = z.infer<typeof environment>;

function checkPlaintext(values: Values): void {
  if (values.CARTWRIGHT_ALLOW_PLAINTEXT) return;
  for (const name of ['CARTWRIGHT_HTTP_HOST', 'CARTWRIGHT_MQTT_HOST'] as const) {
    if (LOOPBACK.has(values[name])) continue;
    throw new CartwrightError(
      'CONFIGURATION_INVALID',
      `${name} is ${values[name]}: listening beyond this machine without TLS sends tokens in the clear; put a TLS proxy in front, or set CARTWRIGHT_ALLOW_PLAINTEXT=true`,
    );
  }
}

function databaseOf(values: Values): Config['database'] {
  const { CARTWRIGHT_DATABASE_URL: url, CARTWRIGHT_DATABASE_CONNECTIONS: connections } = values;
  const leaseSeconds = values.CARTWRIGHT_LEASE_SECONDS;
  if (url === undefined) return { kind: 'sqlite' };
  const { CARTWRIGHT_DATABASE_PASSWORD_FILE: passwordFile, CARTWRIGHT_DATABASE_CA_FILE: caFile } = values;
  return {
    kind: 'postgres',
    url,
    connections,
    leaseSeconds,
    ...(passwordFile && { passwordFile }),
    ...(caFile && { caFile }),
  };
}

/** Where instances run, unless somebody says otherwise: a build has to be made with what its application runs with. Throws `CONFIGURATION_INVALID`. */
function buildsOf(values: Values): Builds {
  const isInHostClusters = values.CARTWRIGHT_PROVIDER === 'kubernetes';
  const where = values.CARTWRIGHT_BUILDS ?? (isInHostClusters ? 'jobs' : 'machine');
  if (where === 'machine') return { kind: 'machine' };
  if (!isInHostClusters)
    throw new CartwrightError(
      'CONFIGURATION_INVALID',
      'CARTWRIGHT_BUILDS=jobs needs host clusters: set CARTWRIGHT_PROVIDER=kubernetes, too, or leave it out',
    );
  const memoryBytes = values.CARTWRIGHT_BUILD_MEMORY_MIB * 2 ** 20;
  return { kind: 'jobs', cpuCores: values.CARTWRIGHT_BUILD_CPU, memoryBytes };
}

function brokerOf(values: Values): Config['broker'] {
  const { CARTWRIGHT_BROKER_URL: url } = values;
  if (url === undefined)
    return { kind: 'embedded', host: values.CARTWRIGHT_MQTT_HOST, port: values.CARTWRIGHT_MQTT_PORT };
  const {
    CARTWRIGHT_BROKER_USERNAME: username,
    CARTWRIGHT_BROKER_PASSWORD_FILE: passwordFile,
    CARTWRIGHT_BROKER_CA_FILE: caFile,
    CARTWRIGHT_BROKER_SECURITY_USERNAME: securityUsername,
    CARTWRIGHT_BROKER_SECURITY_PASSWORD_FILE: securityPasswordFile,
  } = values;
  return {
    kind: 'outside',
    url,
    ...(username && { username }),
    ...(passwordFile && { passwordFile }),
    ...(caFile && { caFile }),
    ...(securityUsername && {
      security: {
        username: securityUsername,
        ...(securityPasswordFile && { passwordFile: securityPasswordFile }),
      },
    }),
  };
}
