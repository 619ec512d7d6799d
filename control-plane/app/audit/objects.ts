/** Which stored records are objects that people change, and how the audit record names each. */
import { subjectOf } from '../events.ts';
import type { Repositories, Repository } from '../ports/store.ts';
import { PLATFORM_TENANT } from '../records/tenants.ts';

type Noun = Exclude<keyof Repositories, 'events' | 'audit'>;
type RecordOf<N extends Noun> = Repositories[N] extends Repository<infer T> ? T : never;

/** `name`: null where only its place says what it is: then it is called as what was asked for. */
interface Name {
  readonly kind: string;
  readonly name: string | null;
}

type Naming = { readonly [N in Noun]: ((record: RecordOf<N>) => Name) | null };

/** Null: what the platform observes and counts for itself. Every kind of record has to say which it is. */
const NAMING: Naming = {
  tenants: ({ name }) => ({ kind: 'Tenant', name }),
  tokens: ({ name }) => ({ kind: 'Token', name }),
  uploads: ({ digest }) => ({ kind: 'Upload', name: digest }),
  policies: ({ kind, name }) => ({ kind, name }),
  applications: ({ name }) => ({ kind: 'Application', name }),
  clusters: (record) => subjectOf.cluster(record),
  sources: () => ({ kind: 'Source', name: null }),
  builds: () => ({ kind: 'Build', name: null }),
  releases: (record) => subjectOf.release(record),
  tasks: (record) => subjectOf.task(record),
  rollouts: () => ({ kind: 'Rollout', name: null }),
  metadata: () => ({ kind: 'Metadata', name: null }),
  configurations: () => ({ kind: 'Configuration', name: null }),
  secretVersions: ({ name, version }) => ({ kind: 'Secret', name: `${name} v${version}` }),
  certificates: ({ name }) => ({ kind: 'Certificate', name }),
  hostClusters: ({ name }) => ({ kind: 'HostCluster', name }),
  credentials: ({ name }) => ({ kind: 'Credential', name }),
  webhooks: ({ name }) => ({ kind: 'Webhook', name }),
  notices: ({ name }) => ({ kind: 'Notice', name }),
  settings: ({ uid }) => ({ kind: 'Setting', name: uid }),
  cartridges: null,
  deliveries: null,
  noticeProgress: null,
  endedSessions: null,
  artifacts: null,
  instances: null,
  decisions: null,
  history: null,
  usage: null,
  meters: null,
};

/** A record as all nouns have it. */
export interface Stored {
  readonly uid: string;
  readonly tenant?: string | null;
}

export type AnyRepository = Repository<Stored>;

/** Nouns of the objects whose changes are recorded. */
const AUDITED: readonly Noun[] = (Object.keys(NAMING) as Noun[]).filter((noun) => NAMING[noun] !== null);

export function nameOf(noun: Noun, record: Stored): Name {
  const naming = NAMING[noun] as ((record: Stored) => Name) | null;
  return naming === null ? { kind: noun, name: null } : naming(record);
}

/** Name of the tenant that an object is of; null: the platform's. */
export function tenantOfObject(noun: Noun, record: Stored): string | null {
  const tenant = noun === 'tenants' ? nameOf(noun, record).name : (record.tenant ?? null);
  return tenant === PLATFORM_TENANT ? null : tenant;
}

/** Over the repositories: each of {@link AUDITED} through `over`, the others as they are. */
export function overAudited<R extends Repositories>(
  repositories: R,
  over: (noun: Noun, repository: AnyRepository) => AnyRepository,
): R {
  const audited = AUDITED.map((noun) => [noun, over(noun, repositories[noun] as unknown as AnyRepository)]);
  return { ...repositories, ...(Object.fromEntries(audited) as Partial<R>) };
}
