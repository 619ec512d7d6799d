/** Objects as they were last seen, by list and watch and by the answers to what was written: the newer one counts. */
import type { KubernetesObject } from '@kubernetes/client-node';

/** An answer is late by seconds: as many are not deleted meanwhile. */
const MOST_DELETED = 10_000;

export class Cache<T extends KubernetesObject> {
  readonly #taken: (object: T, known: T | undefined) => T;
  readonly #objects = new Map<string, T>();
  /** Uids of what was deleted: a late answer does not bring it back. */
  readonly #deleted = new Set<string>();

  /** @param taken what is kept of an object that is news, beside what was known of it */
  constructor(taken: (object: T, known: T | undefined) => T = (object) => object) {
    this.#taken = taken;
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  get(uid: string): T | undefined {
    return this.#objects.get(uid);
  }

  find(matches: (object: T) => boolean): T | undefined {
    for (const object of this.#objects.values()) if (matches(object)) return object;
    return undefined;
  }

  /** Answers whether it is news. */
  put(object: T): boolean {
    const uid = object.metadata?.uid ?? '';
    const known = this.#objects.get(uid);
    if (this.#deleted.has(uid) || (known !== undefined && versionOf(known) >= versionOf(object))) return false;
    this.#objects.set(uid, this.#taken(object, known));
    return true;
  }

  remove(object: T): void {
    const uid = object.metadata?.uid ?? '';
    this.#objects.delete(uid);
    this.#deleted.add(uid);
    const [oldest] = this.#deleted;
    if (this.#deleted.size > MOST_DELETED) this.#deleted.delete(oldest!);
  }

  /** What a complete list no longer has is gone. Answers it. */
  keepOnly(uids: ReadonlySet<string>): T[] {
    const gone = [...this.#objects.values()].filter(({ metadata }) => !uids.has(metadata?.uid ?? ''));
    for (const object of gone) this.remove(object);
    return gone;
  }
}

/** Versions of one kind grow (since Kubernetes 1.35 by contract, before it by how it is stored). */
function versionOf({ metadata }: KubernetesObject): bigint {
  const text = metadata?.resourceVersion ?? '';
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
}
