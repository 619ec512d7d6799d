/** Finding the cartridge for a source tree. */
import { usage } from '../exit.ts';

export interface DetectableCartridge {
  readonly name: string;
  /** Kind Cartridge, as the control plane shows it. */
  readonly manifest: unknown;
}

interface Rule {
  readonly cartridge: string;
  readonly files: readonly string[];
  readonly priority: number;
}

/**
 * The cartridge with the highest priority of those that have one of their files in the tree.
 * Throws a usage error that says what was looked for when there is none, or several of the same priority.
 */
export function detectCartridge(files: readonly string[], cartridges: readonly DetectableCartridge[]): string {
  const rules = cartridges.flatMap((cartridge) => ruleOf(cartridge) ?? []);
  const present = new Set(files);
  const fitting = rules.filter((rule) => rule.files.some((file) => present.has(file)));
  const highest = Math.max(...fitting.map((rule) => rule.priority));
  const chosen = fitting.filter((rule) => rule.priority === highest);
  if (chosen.length === 1) return chosen[0]!.cartridge;
  if (chosen.length > 1) {
    throw usage(
      `several cartridges fit the files of this folder: add --cartridge ${chosen.map((rule) => rule.cartridge).join(' or --cartridge ')}`,
    );
  }
  const looked = rules.map((rule) => `${rule.cartridge} by ${rule.files.join(' or ')}`).join('; ');
  throw usage(
    `no cartridge fits the files of this folder (${looked || 'none of them looks for files'}): add --cartridge NAME`,
  );
}

/** `spec.detect` of a manifest; `undefined` where a cartridge is only used by name. */
function ruleOf({ name, manifest }: DetectableCartridge): Rule | undefined {
  const { spec } = (manifest ?? {}) as { spec?: { detect?: { files?: unknown; priority?: unknown } } };
  const files = spec?.detect?.files;
  if (!Array.isArray(files)) return undefined;
  const priority = spec?.detect?.priority;
  return { cartridge: name, files: files.map(String), priority: typeof priority === 'number' ? priority : 0 };
}

/** Whether a cartridge's instances serve HTTP. */
export function servesHttp({ manifest }: DetectableCartridge): boolean {
  const { spec } = (manifest ?? {}) as { spec?: { ports?: unknown } };
  return (
    Array.isArray(spec?.ports) && (spec.ports as { protocol?: unknown }[]).some((port) => port?.protocol === 'http')
  );
}
