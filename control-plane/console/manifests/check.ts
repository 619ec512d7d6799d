/** Manifests checked in the page by the very rules of the control plane (schema/manifests), before anything is sent. */
import type { ManifestKind } from '../../../schema/manifests/kinds.ts';
import { checkManifest } from '../../../schema/manifests/parse.ts';
import type { Fault } from '../components/schema-form/draft.ts';

/** @returns everything that is wrong with it, at its place; nothing: the control plane would read it as it is meant */
export function faultsOf(manifest: unknown, kind: ManifestKind): readonly Fault[] {
  const checked = checkManifest(manifest, [kind]);
  if (checked.ok) return [];
  return checked.problems.map(({ path, message, code }) => ({
    path,
    message: `${message.charAt(0).toUpperCase()}${message.slice(1)}.`,
    isMissing: code === 'MANIFEST_MISSING_FIELD',
  }));
}

/**
 * The path that an error of the control plane names, such as `spec.components[0].environment["A-B"]`. What is no such path is one
 * part of that name.
 */
export function pathOf(field: string): (string | number)[] {
  const parts: (string | number)[] = [];
  let rest = field;
  while (rest !== '') {
    const [whole, name, index, quoted] =
      /^(?:\.?([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\])/.exec(rest) ?? [];
    if (whole === undefined) return [field];
    parts.push(name ?? (index === undefined ? (JSON.parse(quoted!) as string) : Number(index)));
    rest = rest.slice(whole.length);
  }
  return parts;
}
