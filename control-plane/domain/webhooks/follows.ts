/** Whether a push is about what a source follows. */
import type { GitEvent } from './event.ts';

/** What a manifest's `source.git` follows: at most one of them; none is the default branch. */
export interface Followed {
  readonly branch?: string | undefined;
  readonly tag?: string | undefined;
  readonly commit?: string | undefined;
}

/** Null when it is; otherwise why it is not, for a person. */
export function whyNotFollowed(push: Extract<GitEvent, { kind: 'push' }>, source: Followed): string | null {
  const { ref, isGone, defaultBranch } = push;
  if (source.commit !== undefined) return 'the source is one commit, which does not move';
  if (source.tag !== undefined) return isOther(ref, `refs/tags/${source.tag}`);
  const branch = source.branch ?? defaultBranch;
  const other = branch === null ? isNoBranch(ref) : isOther(ref, `refs/heads/${branch}`);
  if (other !== null) return other;
  return isGone ? `${shown(ref)} was deleted` : null;
}

function isOther(ref: string, followed: string): string | null {
  return ref === followed ? null : `the source follows ${shown(followed)}, not ${shown(ref)}`;
}

function isNoBranch(ref: string): string | null {
  return ref.startsWith('refs/heads/') ? null : `the source follows the default branch, not ${shown(ref)}`;
}

function shown(ref: string): string {
  const name = ref.replace(/^refs\/(heads|tags)\//, '');
  return `the ${ref.startsWith('refs/tags/') ? 'tag' : 'branch'} ${name.slice(0, 200)}`;
}
