/** Output of builds, kept a line each. */
import type { StoredThing } from '../../domain/collection/holdings.ts';

export interface BuildLogs {
  /** A build begins, or begins anew: what an attempt before it said is removed. */
  begin(build: string): Promise<BuildLog>;
  /** All lines so far; empty for a build without a log. */
  read(build: string): Promise<readonly string[]>;
  /** By build. */
  list(): Promise<StoredThing[]>;
  /** Answers the bytes that it took. */
  remove(build: string): Promise<number>;
  /** Called after each append; returns a function that ends it. */
  onAppend(build: string, listener: () => void): () => void;
}

/** The log of one attempt at a build, for as long as that takes; however long it says nothing, what it said stays. */
export interface BuildLog {
  append(line: string): void;
  /** Resolves when every line is kept. */
  end(): Promise<void>;
}
