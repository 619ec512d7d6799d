/** What applying a manifest changes of an application that exists. */
import { differences, type Difference } from '../../components/json-difference.ts';
import { isJson, type Json } from '../../manifests/cartridge.ts';

/** @param before and @param after manifests with their defaults filled in; null before: there is no such application yet */
export function changesOf(before: unknown, after: unknown): Difference[] {
  return before === null ? [] : differences(byAlias(before), byAlias(after));
}

/** Components are told apart by their aliases, not by their places. */
function byAlias(manifest: unknown): unknown {
  if (!isJson(manifest) || !isJson(manifest.spec) || !Array.isArray(manifest.spec.components)) return manifest;
  const { components, ...rest } = manifest.spec;
  const named = (components as unknown[]).filter(isJson).map((component: Json) => [String(component.alias), component]);
  return { metadata: manifest.metadata, ...rest, ...(Object.fromEntries(named) as Json) };
}
