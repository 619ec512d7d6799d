/** Which mutation the code that runs now belongs to, across everything that it waits for. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Actor } from '../access.ts';
import type { Principal } from '../principal.ts';
import type { AskedObject } from './asked-object.ts';

/** What is asked for, and how it came. */
export interface AuditRequest {
  /** Name of the mutation. */
  readonly mutation: string;
  /** What it was given; only names of objects are read from it. */
  readonly input?: unknown;
  /** Where the request came from. */
  readonly address?: string | null;
  readonly idempotencyKey?: string | null;
  /** Names the request in the program's log. */
  readonly request?: string | null;
}

/** A mutation under way. */
export interface Scope {
  readonly principal: Principal;
  readonly actor: Actor;
  readonly request: Required<AuditRequest>;
  /** As far as it is known: from the input's fields, then by {@link concerns}. */
  asked: AskedObject;
  /** Records that were written with its changes. */
  written: number;
  /** It has been answered: what still goes on because of it is the platform's own doing. */
  isOver: boolean;
}

const scopes = new AsyncLocalStorage<Scope | undefined>();

export function within<T>(scope: Scope, work: () => T): T {
  return scopes.run(scope, work);
}

/** `undefined` where no mutation is under way. */
export function currentScope(): Scope | undefined {
  const scope = scopes.getStore();
  return scope === undefined || scope.isOver ? undefined : scope;
}

interface ConcernedObject {
  /** Null where none is named: the caller's. */
  readonly tenant: string | null;
  readonly kind: string;
  readonly name: string;
}

/**
 * Says what the mutation under way is about, where its input's fields do not: manifests name tenants and objects. Of several
 * nothing is said. For the record of one that is refused; what changes has records of its own.
 */
export function concerns(objects: readonly ConcernedObject[]): void {
  const scope = currentScope();
  const [first] = objects;
  if (scope === undefined || first === undefined) return;
  const { kind, name, tenant } = first;
  if (objects.some((other) => other.tenant !== tenant)) return;
  const object = objects.length === 1 && scope.asked.object === null ? { kind, name, uid: null } : scope.asked.object;
  scope.asked = { tenant, isOfTenant: true, object };
}

/** Runs what a mutation sets off and does not wait for: what that changes is none of the mutation's. */
export function onItsOwn<T>(work: () => T): T {
  return scopes.run(undefined, work);
}
