/** Objects as they were last seen, by list and watch and by the answers to what was written: the newer one counts. */
import type { KubernetesObject } from '@kubernetes/client-node';

/** An answer is late by seconds: as many are not deleted meanwhile. */
const MOST_DELETED = 10_000;

export interface CacheOptions<T> {
  /** What is kept of an object that is news, beside what was known of it; absent: the object. */
  readonly taken?: (object: T, known: T | undefined) => T;
  /** What the object is found under, beside its uid; absent: nothing. */
  readonly keysOf?: (object: T) => Iterable<string>;
}

export class Cache<T extends KubernetesObject> {
  readonly #options: CacheOptions<T>;
  readonly #objects = new Map<string, T>();
  /** Uids of what is found under a key. */
  readonly #index = new Map<string, Set<string>>();
  /** Uids of what was deleted: a late answer does not bring it back. */
  readonly #deleted = new Set<string>();

  constructor(options: CacheOptions<T> = {}) {
    this.#options = options;
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  get(uid: string): T | undefined {
    return this.#objects.get(uid);
  }

  /** What is found under the key ({@link CacheOptions.keysOf}). */
  under(key: string): T[] {
    return [...(this.#index.get(key) ?? [])].map((uid) => this.#objects.get(uid)!);
  }

  /** Answers whether it is news. */
  put(object: T): boolean {
    const uid = object.metadata?.uid ?? '';
    const known = this.#objects.get(uid);
    if (this.#deleted.has(uid) || (known !== undefined && versionOf(known) >= versionOf(object))) return false;
    const taken = this.#options.taken?.(object, known) ?? object;
    if (known !== undefined) this.#unlist(uid, known);
    this.#objects.set(uid, taken);
    this.#enlist(uid, taken);
    return true;
  }

  remove(object: T): void {
    const uid = object.metadata?.uid ?? '';
    const known = this.#objects.get(uid);
    if (known !== undefined) this.#unlist(uid, known);
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

  #enlist(uid: string, object: T): void {
    for (const key of this.#keysOf(object)) {
      const uids = this.#index.get(key);
      if (uids === undefined) this.#index.set(key, new Set([uid]));
      else uids.add(uid);
    }
  }

  #unlist(uid: string, object: T): void {
    for (const key of this.#keysOf(object)) {
      const uids = this.#index.get(key);
      uids?.delete(uid);
      if (uids?.size === 0) this.#index.delete(key);
    }
  }

  #keysOf(object: T): Iterable<string> {
    return this.#options.keysOf?.(object) ?? [];
  }
}

/** Versions of one kind grow (since Kubernetes 1.35 by contract, before it by how it is stored). */
function versionOf({ metadata }: KubernetesObject): bigint {
  const text = metadata?.resourceVersion ?? '';
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
}
