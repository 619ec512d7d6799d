/** What is another in one release than in another one of the same service cluster. Pure. It names secrets and holds no value of one. */
import { isDeepStrictEqual } from 'node:util';
import type { ReleaseConfiguration, SecretReference } from '../../../schema/agent/instance.ts';

/** As much of a release as is compared. */
export interface ComparedRelease {
  readonly artifact: string | null;
  readonly cartridge: { readonly name: string; readonly version: string; readonly image?: string };
  readonly configuration: Pick<ReleaseConfiguration, 'environment' | 'secrets' | 'start' | 'readiness' | 'logs'>;
  /** By which policies it was scaled and placed; null: not noted. */
  readonly policies: { readonly autoscaling: unknown; readonly deployment: unknown } | null;
}

type ChangeKind = 'added' | 'removed' | 'changed';

export interface VariableChange {
  readonly name: string;
  readonly change: ChangeKind;
  /** Null: not there, or a secret of that name in one of the two releases: what it held may be the secret's value. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface SecretChange {
  readonly name: string;
  readonly change: ChangeKind;
  /** Versions; null: not there. */
  readonly before: number | null;
  readonly after: number | null;
}

/** Null on both sides never occurs: what is the same is left out. */
export interface PartChange<T> {
  readonly before: T | null;
  readonly after: T | null;
}

interface Cartridge {
  readonly name: string;
  readonly version: string;
  readonly image: string | null;
}

export interface ReleaseDifference {
  /** In order of name. */
  readonly variables: readonly VariableChange[];
  /** In order of name. */
  readonly secrets: readonly SecretChange[];
  readonly cartridge: PartChange<Cartridge> | null;
  readonly artifact: PartChange<string> | null;
  /** Of the rest of the configuration, and of the policies noted with it: `start`, `readiness`, `logs`, `autoscaling`, `deployment`. */
  readonly parts: readonly (PartChange<unknown> & { readonly part: string })[];
}

/** From `before` to `after`. */
export function releaseDifference(before: ComparedRelease, after: ComparedRelease): ReleaseDifference {
  const [old, next] = [before.configuration, after.configuration];
  const secret = new Set([...(old.secrets ?? []), ...(next.secrets ?? [])].map(({ name }) => name));
  return {
    variables: changes(old.environment, next.environment).map(({ name, change, ...values }) => ({
      ...{ name, change },
      ...(secret.has(name) ? { before: null, after: null } : values),
    })),
    secrets: changes(versionsOf(old.secrets), versionsOf(next.secrets)),
    cartridge: changed(cartridgeOf(before), cartridgeOf(after)),
    artifact: changed(before.artifact, after.artifact),
    parts: [
      ...PARTS.flatMap((part) => named(part, old[part] ?? null, next[part] ?? null)),
      ...POLICIES.flatMap((part) =>
        // What was not noted cannot be compared.
        before.policies === null || after.policies === null
          ? []
          : named(part, before.policies[part], after.policies[part]),
      ),
    ],
  };
}

const PARTS = ['start', 'readiness', 'logs'] as const;
const POLICIES = ['autoscaling', 'deployment'] as const;

interface NamedChange<T> extends PartChange<T> {
  readonly name: string;
  readonly change: ChangeKind;
}

function changes<T>(before: Readonly<Record<string, T>>, after: Readonly<Record<string, T>>): NamedChange<T>[] {
  const of = (side: Readonly<Record<string, T>>, name: string): T | null =>
    Object.hasOwn(side, name) ? side[name]! : null;
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name): NamedChange<T>[] => {
    const [old, next] = [of(before, name), of(after, name)];
    if (old === next) return [];
    return [{ name, change: old === null ? 'added' : next === null ? 'removed' : 'changed', before: old, after: next }];
  });
}

function versionsOf(secrets: readonly SecretReference[] = []): Readonly<Record<string, number>> {
  return Object.fromEntries(secrets.map(({ name, version }) => [name, version]));
}

function cartridgeOf({ cartridge: { name, version, image } }: ComparedRelease): Cartridge {
  return { name, version, image: image ?? null };
}

function changed<T>(before: T | null, after: T | null): PartChange<T> | null {
  return isDeepStrictEqual(before, after) ? null : { before, after };
}

function named(part: string, before: unknown, after: unknown): ReleaseDifference['parts'][number][] {
  const change = changed(before, after);
  return change === null ? [] : [{ part, ...change }];
}
