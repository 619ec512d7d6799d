/** Whether two origins of a source give the same files. */
import type { SourceRecord } from '../records/sources.ts';

export type Origin = SourceRecord['origin'];

/** A commit by whatever name it was asked for, in the same folder of the same repository; or the same archive. */
export function isSameTree(a: Origin, b: Origin): boolean {
  if (a.kind === 'upload' || b.kind === 'upload') {
    return a.kind === 'upload' && b.kind === 'upload' && a.digest === b.digest;
  }
  return a.commit === b.commit && a.url === b.url && a.directory === b.directory;
}
