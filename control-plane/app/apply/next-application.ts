/** What a stored object becomes by a manifest. */
import { isDeepStrictEqual } from 'node:util';
import type { ApplicationManifest } from '../../../schema/manifests/application.ts';
import type { NewUid } from '../ports/clock.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { AppliedObject } from '../use-cases.ts';

/** The record that is there where nothing changed. */
export function nextApplication(
  present: ApplicationRecord | undefined,
  manifest: ApplicationManifest,
  tenant: string,
  result: AppliedObject['result'],
  { now, newUid }: { now: number; newUid: NewUid },
): ApplicationRecord {
  if (present !== undefined && result === 'unchanged') return present;
  return {
    uid: present?.uid ?? newUid(now),
    tenant,
    name: manifest.metadata.name,
    generation: (present?.generation ?? 0) + 1,
    createdAt: present?.createdAt ?? now,
    updatedAt: now,
    deletingSince: null,
    manifest,
  };
}

/** What is answered of an object, before it is known whether this is a dry run. */
export function appliedOf(
  object: Pick<AppliedObject, 'kind' | 'name' | 'uid' | 'result'>,
  present: unknown,
  next: unknown,
  warnings: readonly string[] = [],
): AppliedObject {
  return { ...object, warnings, before: present ?? null, after: next };
}

/** Without the manifests, which whoever applies them has, and which no answer need be kept with. */
export function withoutManifests(applied: AppliedObject): AppliedObject {
  return { ...applied, before: null, after: null };
}

/** Of what is stored, if anything is, and what was given. */
export function outcome(present: unknown, next: unknown): AppliedObject['result'] {
  if (present === undefined) return 'created';
  // Through JSON, as that is how it was stored: absent and undefined are the same.
  return isDeepStrictEqual(JSON.parse(JSON.stringify(present)), JSON.parse(JSON.stringify(next)))
    ? 'unchanged'
    : 'changed';
}
