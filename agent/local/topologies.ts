/** The newest topology of each alias, and which of them the balancer goes by. Kept on disk for the next start. */
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { isId } from '../../schema/ids.ts';
import { isNewer } from '../../schema/mqtt/desired.ts';
import { MAX_ALIASES, parseTopology, type TopologyDocument } from '../../schema/mqtt/topology.ts';
import { readIfPresent, writeAtomically } from '../storage/atomic-file.ts';

interface Version {
  readonly uid: string;
  readonly epoch: number;
  readonly generation: number;
}

function isSame(a: Version, b: Version): boolean {
  return a.uid === b.uid && a.epoch === b.epoch && a.generation === b.generation;
}

export class Topologies {
  readonly #path: string;
  readonly #ownAlias: string;
  readonly #onError: (error: Error) => void;
  readonly #documents = new Map<string, TopologyDocument>();
  readonly #applied = new Map<string, Version>();
  /** What takes the place of a document while nobody publishes a newer one; never on the disk. */
  readonly #found = new Map<string, TopologyDocument>();
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, ownAlias: string, onError: (error: Error) => void) {
    this.#path = path;
    this.#ownAlias = ownAlias;
    this.#onError = onError;
    this.#load();
  }

  /** What cannot be read is left out: the broker will say it again. */
  #load(): void {
    const text = readIfPresent(this.#path);
    if (text === undefined) return;
    const entries = z.record(z.string(), z.unknown()).safeParse(jsonOf(text));
    for (const [alias, value] of Object.entries(entries.success ? entries.data : {})) {
      const document = parseTopology(Buffer.from(JSON.stringify(value)));
      if (isId(alias) && document.ok) this.#documents.set(alias, document.value);
    }
  }

  /** What the balancer is to go by. */
  get all(): ReadonlyMap<string, TopologyDocument> {
    return new Map([...this.#documents, ...this.#found]);
  }

  /** As it was published last. */
  published(alias: string): TopologyDocument | undefined {
    return this.#documents.get(alias);
  }

  /** Whether another takes the place of what was published. */
  isFound(alias: string): boolean {
    return this.#found.has(alias);
  }

  /**
   * This document, or what was published where it is the very same, is what the balancer is to go by until there is a newer one. Whether that is another
   * than before. What nobody has published is acknowledged to nobody.
   */
  find(alias: string, document: TopologyDocument): boolean {
    const before = this.all.get(alias);
    if (before === undefined || document === before || isDeepStrictEqual(document, before)) return false;
    this.#applied.delete(alias);
    if (document === this.#documents.get(alias)) this.#found.delete(alias);
    else this.#found.set(alias, document);
    return true;
  }

  /** `changed`: pass it on. `known`: the same again. `older`: ignore it. Another uid replaces: it is another service cluster. */
  offer(alias: string, document: TopologyDocument): 'changed' | 'known' | 'older' {
    const known = this.#documents.get(alias);
    if (known && isSame(known, document)) return 'known';
    if (known?.uid === document.uid && !isNewer(document, known)) return 'older';
    if (!this.#isListed(alias, document)) return 'older';
    this.#documents.set(alias, document);
    this.#found.delete(alias);
    this.#save();
    return 'changed';
  }

  /**
   * An alias that the newest list does not name was removed, unless it came after the list. What an earlier holder published
   * came before it: each publishes all there is under an epoch of its own.
   */
  #isListed(alias: string, document: TopologyDocument): boolean {
    const list = this.#documents.get(this.#ownAlias);
    return list?.aliases === undefined || list.aliases.includes(alias) || document.epoch >= list.epoch;
  }

  /** Aliases known here that this document, if it is the one with the list, does not name. */
  unlisted(alias: string): string[] {
    const listed = alias === this.#ownAlias ? this.#documents.get(alias)?.aliases : undefined;
    return listed === undefined ? [] : [...this.#documents.keys()].filter((other) => !listed.includes(other));
  }

  /** Every alias that there is, where a control plane has said so; `undefined` where none has, or it was lost. */
  get aliases(): string[] | undefined {
    const listed = this.#documents.get(this.#ownAlias)?.aliases;
    if (listed === undefined) return undefined;
    const all = [...new Set([...listed, ...this.#documents.keys()])];
    return all.length <= MAX_ALIASES ? all : undefined;
  }

  /** Whether there was one. */
  remove(alias: string): boolean {
    this.#applied.delete(alias);
    this.#found.delete(alias);
    const existed = this.#documents.delete(alias);
    if (existed) this.#save();
    return existed;
  }

  /** The balancer goes by this version; `false` when it is not the newest, or nobody's (its acknowledgement would be of no use). */
  applied(alias: string, version: Version): boolean {
    const document = this.#documents.get(alias);
    if (!document || !isSame(document, version) || this.#found.has(alias) || document.epoch === 0) return false;
    this.#applied.set(alias, version);
    return true;
  }

  /** Versions that the balancer goes by now. */
  get acknowledged(): ReadonlyMap<string, Version> {
    return this.#applied;
  }

  isApplied(alias: string, version: Version): boolean {
    const applied = this.#applied.get(alias);
    return applied !== undefined && isSame(applied, version);
  }

  /** A balancer that was started again goes by nothing yet. */
  forgetApplied(): void {
    this.#applied.clear();
  }

  #save(): void {
    const write = () => writeAtomically(this.#path, JSON.stringify(Object.fromEntries(this.#documents)));
    this.#writing = this.#writing.then(write).catch((error: Error) => this.#onError(error));
  }

  /** Resolves when the disk has the newest. */
  async close(): Promise<void> {
    await this.#writing;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
