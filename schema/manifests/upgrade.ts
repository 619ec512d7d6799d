/**
 * Manifests are stored as they were given, with their apiVersion, and brought to the present one when read.
 *
 * One pure function a version leads to the next one; there is none yet, because `cartwright.dev/v1` is the first.
 */
import { API_VERSION } from './envelope.ts';
import { shorten } from './problem.ts';

export interface Upgrade {
  readonly to: string;
  /** Gives the same manifest in the form of `to`, with that apiVersion; must not change its argument. */
  readonly apply: (manifest: Readonly<Record<string, unknown>>) => Record<string, unknown>;
}

/** By the apiVersion that they start from. */
const UPGRADES: Readonly<Record<string, Upgrade>> = {};

export type Upgraded =
  { readonly ok: true; readonly manifest: Record<string, unknown> } | { readonly ok: false; readonly message: string };

/** Brings a manifest to the present apiVersion; a version that this program does not know is refused by name. */
export function upgradeManifest(
  manifest: Readonly<Record<string, unknown>>,
  upgrades: Readonly<Record<string, Upgrade>> = UPGRADES,
): Upgraded {
  let current: Record<string, unknown> = { ...manifest };
  const limit = Object.keys(upgrades).length;
  for (let step = 0; current.apiVersion !== API_VERSION && step <= limit; step++) {
    const version = current.apiVersion;
    const upgrade = typeof version === 'string' && Object.hasOwn(upgrades, version) ? upgrades[version] : undefined;
    if (upgrade === undefined) {
      const found = typeof version === 'string' ? shorten(version) : version === undefined ? 'nothing' : 'no text';
      const known = [...Object.keys(upgrades), API_VERSION].join(', ');
      return { ok: false, message: `unknown apiVersion: found ${found}; this program reads ${known}` };
    }
    current = { ...upgrade.apply(current), apiVersion: upgrade.to };
  }
  return { ok: true, manifest: current };
}
