/** Manifests as they were stored, read by today's rules: upgraded to the present apiVersion, with the defaults of today. */
import type { Manifest, ManifestKind } from '../../../schema/manifests/kinds.ts';
import { checkManifest } from '../../../schema/manifests/parse.ts';
import { formatPath } from '../../../schema/manifests/problem.ts';
import { CartwrightError } from '../errors.ts';

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

function nameOf(value: unknown): string {
  const name = (value as { metadata?: { name?: unknown } } | null | undefined)?.metadata?.name;
  return typeof name === 'string' ? ` "${name}"` : '';
}
