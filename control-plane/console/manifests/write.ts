/** Manifests as text. */
import { stringify } from 'yaml';

/** YAML as people write it. What is undefined is left out. */
export function writeYaml(manifest: unknown): string {
  return stringify(manifest, { lineWidth: 120, aliasDuplicateObjects: false });
}
