/** Metadata: key-values that applications read while they run. */
import {
  LONGEST_METADATA_VALUE,
  METADATA_KEY,
  MOST_METADATA_CHARACTERS,
  MOST_METADATA_KEYS,
  type MetadataDocument,
} from '../../../schema/agent/metadata.ts';
import { tenantOfApplication } from '../access.ts';
import type { ClusterKeeper } from '../apply/cluster-keeper.ts';
import { checkExpected, seenApplication, seenPart } from '../ask/scope.ts';
import { requireOwner, type Owner } from '../configuration/owner.ts';
import { RequestError } from '../errors.ts';
import type { EventRecorder } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Repositories, Store } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import type { MetadataRecord } from '../records/configuration.ts';
import type { MetadataMutations, MetadataQueries, MetadataState } from './use-cases.ts';
import type { MetadataVersions } from './versions.ts';

type Stored = Pick<Repositories, 'metadata'>;
type Change = Parameters<MetadataMutations['setMetadata']>[1];

export function createMetadataQueries({ store }: { readonly store: Stored }): MetadataQueries {
  const of = async (uid: string): Promise<MetadataState> => stateOf(await store.metadata.get(uid));
  return {
    async metadata(principal, cluster) {
      if (seenPart(principal, cluster) === undefined)
        throw new RequestError('NOT_FOUND', 'there is no such service cluster');
      return of(cluster.uid);
    },
    async applicationMetadata(principal, application) {
      if (seenApplication(principal, application) === undefined)
        throw new RequestError('NOT_FOUND', 'there is no such application');
      return of(application.uid);
    },
  };
}

export interface MetadataMutationsOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly keeper: Pick<ClusterKeeper, 'exclusively'>;
  readonly events: EventRecorder;
  readonly metadataVersions: MetadataVersions;
  readonly markDirty: (cluster: ClusterState) => void;
  readonly now: () => number;
}

export function createMetadataMutations(options: MetadataMutationsOptions): MetadataMutations {
  const { fleet, keeper } = options;
  return {
    async setMetadata(principal, ref) {
      checkForm(ref);
      const tenant = tenantOfApplication(principal, ref.tenant, ref.application, 'deployer');
      return keeper.exclusively([tenant], () => change(options, principal, requireOwner(fleet, principal, ref), ref));
    },
  };
}

async function change(
  options: MetadataMutationsOptions,
  principal: Principal,
  owner: Owner,
  { set, remove, expectedGeneration }: Change,
): Promise<MetadataState> {
  const { store, events, now, metadataVersions, markDirty } = options;
  const present = await store.metadata.get(owner.uid);
  const generation = present?.generation ?? 0;
  checkExpected(`the metadata of ${owner.name}`, generation, expectedGeneration);
  const next = new Map(Object.entries(present?.entries ?? {}));
  const others = set.filter(({ key, value }) => next.get(key) !== value);
  const gone = remove.filter((key) => next.has(key));
  if (others.length === 0 && gone.length === 0) return stateOf(present);
  for (const { key, value } of others) next.set(key, value);
  for (const key of gone) next.delete(key);
  checkSize(owner.name, next);
  const record: MetadataRecord = {
    uid: owner.uid,
    tenant: owner.tenant,
    generation: generation + 1,
    updatedAt: now(),
    updatedBy: principal.name,
    entries: Object.fromEntries(next),
  };
  await events.change(
    async (tx) => {
      await tx.metadata.save(record);
      await tx.answer(stateOf(record));
    },
    {
      tenant: owner.tenant,
      subject: owner.subject,
      type: 'metadata.changed',
      cause: principal.token,
      // Keys only: what somebody puts there by mistake shall not stand in the log of events, too.
      data: { by: principal.name, generation: record.generation, set: others.map(({ key }) => key), removed: gone },
    },
  );
  metadataVersions.note(record);
  for (const cluster of owner.clusters) markDirty(cluster);
  return stateOf(record);
}

/** What the agents of a service cluster fetch. */
export async function metadataFor(
  store: Stored,
  { uid, applicationUid }: { readonly uid: string; readonly applicationUid: string },
): Promise<MetadataDocument> {
  const [application, component] = await Promise.all([store.metadata.get(applicationUid), store.metadata.get(uid)]);
  return {
    v: 1,
    version: `${application?.generation ?? 0}.${component?.generation ?? 0}`,
    application: { ...application?.entries },
    component: { ...component?.entries },
  };
}

function stateOf(record: MetadataRecord | undefined): MetadataState {
  if (record === undefined) return { generation: 0, entries: [], updatedAt: null, updatedBy: null };
  const { generation, updatedAt, updatedBy } = record;
  const entries = Object.entries(record.entries).map(([key, value]) => ({ key, value }));
  return { generation, entries: entries.sort((a, b) => (a.key < b.key ? -1 : 1)), updatedAt, updatedBy };
}

function invalid(field: string, message: string): RequestError {
  return new RequestError('INVALID', message, { field });
}

function checkForm({ set, remove }: Change): void {
  const keys = [...set.map(({ key }) => key), ...remove];
  for (const key of keys)
    if (!METADATA_KEY.test(key))
      throw invalid(
        'set',
        `expected a key of 1 to 128 letters, digits and . _ - / that begins with a letter or digit, got ${JSON.stringify(key).slice(0, 60)}`,
      );
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw invalid('set', `the key ${twice} is given twice`);
  for (const { key, value } of set)
    if (value.length > LONGEST_METADATA_VALUE)
      throw invalid(
        'set',
        `the value of ${key} has ${value.length} characters; at most ${LONGEST_METADATA_VALUE} are possible`,
      );
}

function checkSize(owner: string, entries: ReadonlyMap<string, string>): void {
  const characters = [...entries].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (entries.size <= MOST_METADATA_KEYS && characters <= MOST_METADATA_CHARACTERS) return;
  throw invalid(
    'set',
    `${owner} would have ${entries.size} keys with ${characters} characters of metadata; at most ${MOST_METADATA_KEYS} with ${MOST_METADATA_CHARACTERS} are possible`,
  );
}
