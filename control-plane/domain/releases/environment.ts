/**
 * The environment that a release fixes, from its layers. Each layer lies over those before it:
 *
 * 1. the cartridge's, 2. the manifest's `environment`, 3. the application's configuration, 4. the service cluster's,
 * 5. the application's secrets, 6. the service cluster's. Over all of them lies what the platform sets (`PORT`, `HOST`, …).
 */
import type { SecretReference } from '../../../schema/agent/instance.ts';

export const ORIGINS = ['cartridge', 'manifest', 'application', 'service-cluster'] as const;
/** Who set a variable. */
export type Origin = (typeof ORIGINS)[number];

type Plain = Readonly<Record<string, string>>;

export interface Layers {
  readonly plain: Readonly<Record<Origin, Plain>>;
  /** The current versions, by owner. */
  readonly secrets: Readonly<Record<'application' | 'service-cluster', readonly SecretReference[]>>;
}

/** A variable that an application gets, and what of the same name lies below it. */
export interface Variable {
  readonly name: string;
  readonly origin: Origin;
  /** Null for a secret. */
  readonly value: string | null;
  readonly secret: SecretReference | null;
  /** Layers that set the same name and have no effect, the weakest first. */
  readonly hides: readonly { readonly origin: Origin; readonly isSecret: boolean }[];
}

/** What an application gets by its layers, in order of name. */
export function effectiveVariables({ plain, secrets }: Layers): Variable[] {
  const found = new Map<string, Variable>();
  const put = (name: string, over: Pick<Variable, 'origin' | 'value' | 'secret'>): void => {
    const below = found.get(name);
    const hides =
      below === undefined ? [] : [...below.hides, { origin: below.origin, isSecret: below.secret !== null }];
    found.set(name, { name, ...over, hides });
  };
  for (const origin of ORIGINS)
    for (const [name, value] of Object.entries(plain[origin])) put(name, { origin, value, secret: null });
  for (const origin of ['application', 'service-cluster'] as const)
    for (const secret of secrets[origin]) put(secret.name, { origin, value: null, secret });
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What of it a release holds: the cartridge's own variables come with the cartridge, and secrets are named only. */
export function releaseEnvironment(variables: readonly Variable[]): {
  readonly environment: Plain;
  readonly secrets: readonly SecretReference[];
} {
  return {
    environment: Object.fromEntries(
      variables.flatMap(({ name, origin, value }) =>
        value === null || origin === 'cartridge' ? [] : [[name, value] as const],
      ),
    ),
    secrets: variables.flatMap(({ secret }) => secret ?? []),
  };
}
