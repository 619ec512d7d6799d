/** Output of builds, kept a line each. */
export interface BuildLogs {
  append(build: string, line: string): void;
  /** All lines so far; empty for a build without a log. */
  read(build: string): Promise<readonly string[]>;
  /** Called after each append; returns a function that ends it. */
  onAppend(build: string, listener: () => void): () => void;
}
