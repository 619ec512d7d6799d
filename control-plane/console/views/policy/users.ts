/** Who uses which policy, from the manifests of applications. */
import type { PolicyKind } from '../../generated/operations.ts';
import { KINDS } from './kinds.ts';

export interface Component {
  readonly alias: string;
  /** A policy's name, or a specification written in its place; undefined: the platform's defaults. */
  readonly autoscaling: unknown;
  readonly deployment: unknown;
}

export interface User {
  readonly application: string;
  readonly alias: string;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every component of an application's manifest, those in groups too. */
export function componentsOf(manifest: unknown): Component[] {
  if (!isObject(manifest)) return [];
  return within(isObject(manifest.spec) ? manifest.spec.components : undefined);
}

function within(components: unknown): Component[] {
  if (!Array.isArray(components)) return [];
  return components.filter(isObject).flatMap((component) => {
    if (Array.isArray(component.components)) return within(component.components);
    const { alias, autoscaling, deployment } = component;
    return typeof alias === 'string' ? [{ alias, autoscaling, deployment }] : [];
  });
}

export interface ManifestOf {
  readonly name: string;
  readonly manifest: unknown;
}

export function usersOf(applications: readonly ManifestOf[], kind: PolicyKind, policy: string): User[] {
  const { part } = KINDS[kind];
  return applications.flatMap(({ name, manifest }) =>
    componentsOf(manifest)
      .filter((component) => component[part] === policy)
      .map(({ alias }) => ({ application: name, alias })),
  );
}

/** The manifest with another policy for one component; undefined takes what it has away. Others stay the same objects. */
export function withPolicy(manifest: unknown, alias: string, policy: string | undefined): unknown {
  if (!isObject(manifest) || !isObject(manifest.spec)) return manifest;
  return { ...manifest, spec: { ...manifest.spec, components: replaced(manifest.spec.components, alias, policy) } };
}

function replaced(components: unknown, alias: string, policy: string | undefined): unknown {
  if (!Array.isArray(components)) return components;
  return components.map((component: unknown) => {
    if (!isObject(component)) return component;
    if (Array.isArray(component.components))
      return { ...component, components: replaced(component.components, alias, policy) };
    if (component.alias !== alias) return component;
    const others = Object.entries(component).filter(([name]) => name !== 'autoscaling');
    return Object.fromEntries(policy === undefined ? others : [...others, ['autoscaling', policy]]);
  });
}
