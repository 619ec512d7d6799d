/** Manifests as they were stored, read by today's rules: upgraded to the present apiVersion, with the defaults of today. */
import type { Manifest, ManifestKind } from '../../../schema/manifests/kinds.ts';
import type { ApplicationManifest } from '../../../schema/manifests/application.ts';
import { API_VERSION } from '../../../schema/manifests/envelope.ts';
import { checkManifest } from '../../../schema/manifests/parse.ts';
import { formatPath } from '../../../schema/manifests/problem.ts';
import { CartwrightError } from '../errors.ts';
import type { ApplicationRecord } from '../records/applications.ts';

/** Throws `MANIFEST_UNREADABLE` with every problem when this program cannot read what an earlier one stored. */
export function readStoredManifest<K extends ManifestKind>(value: unknown, kind: K): Extract<Manifest, { kind: K }> {
  const checked = checkManifest(value, [kind]);
  if (checked.ok) return checked.manifest as Extract<Manifest, { kind: K }>;
  const problems = checked.problems.map(({ path, message }) => `${formatPath(path)}: ${message}`).join('; ');
  throw new CartwrightError(
    'MANIFEST_UNREADABLE',
    `a stored ${kind}${nameOf(value)} cannot be read: ${problems}; start the version of this program that stored it, and change it there`,
  );
}

/** As {@link readStoredManifest}; what cannot be read is given as it was stored, to be compared with what takes its place. */
export function readableManifest(value: unknown, kind: ManifestKind): unknown {
  const checked = checkManifest(value, [kind]);
  return checked.ok ? checked.manifest : value;
}

const BLOCKING: readonly string[] = ['CARTRIDGE_MISSING', 'CARTRIDGE_UNUSABLE', 'MANIFEST_UNREADABLE'];

/** Whether an application with this failure is blocked until the cause is gone: it says nothing of the others. */
export function isBlocking(error: unknown): error is CartwrightError {
  return error instanceof CartwrightError && BLOCKING.includes(error.code);
}

/** The application of a stored record; with a manifest without components where it cannot be read, and why. */
export function readStoredApplication(record: ApplicationRecord): {
  readonly application: ApplicationRecord;
  readonly failure: CartwrightError | null;
} {
  try {
    return { application: { ...record, manifest: readStoredManifest(record.manifest, 'Application') }, failure: null };
  } catch (error) {
    if (!isBlocking(error)) throw error;
    const manifest: ApplicationManifest = {
      apiVersion: API_VERSION,
      kind: 'Application',
      metadata: { name: record.name },
      spec: { components: [] },
    };
    return { application: { ...record, manifest }, failure: error };
  }
}

function nameOf(value: unknown): string {
  const name = (value as { metadata?: { name?: unknown } } | null | undefined)?.metadata?.name;
  return typeof name === 'string' ? ` "${name}"` : '';
}
