/** What this control plane has applied, and what one before it has: what objects are to be like. */
import type { KubernetesObject } from '@kubernetes/client-node';
import { isDeepStrictEqual } from 'node:util';
import { appliedOn } from '../objects/drift.ts';

export class Applied {
  readonly #objects = new Map<string, KubernetesObject>();
  /** What we have deleted, or are about to: its end is no news. */
  readonly #leaving = new Set<string>();
  /** What somebody else has changed or deleted since. */
  readonly #doubted = new Set<string>();

  keyOf({ kind, metadata }: KubernetesObject): string {
    return `${kind}/${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
  }

  /** Whether this process has applied it. */
  has(object: KubernetesObject): boolean {
    return this.#objects.has(this.keyOf(object));
  }

  /** Whether this process has applied just that, and nobody has been seen to change or delete it since. */
  isAsApplied(object: KubernetesObject): boolean {
    const key = this.keyOf(object);
    return !this.#doubted.has(key) && isDeepStrictEqual(this.#objects.get(key), object);
  }

  /** Somebody else has changed or deleted it. */
  doubt(object: KubernetesObject): void {
    this.#doubted.add(this.keyOf(object));
  }

  put(object: KubernetesObject): void {
    const key = this.keyOf(object);
    this.#leaving.delete(key);
    this.#doubted.delete(key);
    this.#objects.set(key, object);
  }

  leave(object: KubernetesObject): void {
    const key = this.keyOf(object);
    this.#objects.delete(key);
    this.#leaving.add(key);
  }

  /**
   * What the object is to be like: as is written on it, for that was written together with it; what this process remembers only where
   * somebody has taken that away. Undefined where nobody knows, or it is to go.
   */
  wanted(present: KubernetesObject): KubernetesObject | undefined {
    if (this.#leaving.has(this.keyOf(present))) return undefined;
    return appliedOn(present) ?? this.#objects.get(this.keyOf(present));
  }

  /** What was applied last, when the object may have been applied again since it was seen. */
  latest(seen: KubernetesObject): KubernetesObject | undefined {
    return this.#leaving.has(this.keyOf(seen)) ? undefined : (this.#objects.get(this.keyOf(seen)) ?? appliedOn(seen));
  }
}
