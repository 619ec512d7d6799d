/** What a source may point at: a branch, a tag, a commit, or the repository's default branch. */
import { SourceError } from '../../app/errors.ts';

export type Reference =
  | { readonly kind: 'default' }
  | { readonly kind: 'branch'; readonly name: string }
  | { readonly kind: 'tag'; readonly name: string }
  | { readonly kind: 'commit'; readonly id: string };

export interface NamedReferences {
  readonly branch?: string;
  readonly tag?: string;
  readonly commit?: string;
}

/** git-check-ref-format(1), so that no name is an option, a pattern or an expression. */
const NAME = /^(?![-/.])(?!.*(?:\.\.|\/\/|\/\.|@\{|\.lock(?:\/|$)|[/.]$))[^\s\p{Cc}~^:?*[\\]{1,250}$/u;
const COMMIT = /^[0-9a-f]{40}$/;

/** Throws `SourceError` SOURCE_INVALID. */
export function readReference({ branch, tag, commit }: NamedReferences): Reference {
  const named = [branch, tag, commit].filter((name) => name !== undefined);
  if (named.length > 1) throw invalid('a source names at most one of branch, tag and commit');
  if (commit !== undefined) return { kind: 'commit', id: checkCommit(commit) };
  if (branch !== undefined) return { kind: 'branch', name: checkName(branch, 'branch') };
  if (tag !== undefined) return { kind: 'tag', name: checkName(tag, 'tag') };
  return { kind: 'default' };
}

/** Throws `SourceError` SOURCE_INVALID. */
export function checkCommit(commit: string): string {
  if (!COMMIT.test(commit)) throw invalid(`a commit is given by its 40 hex digits, found ${shorten(commit)}`);
  return commit;
}

/**
 * A folder of the repository without empty parts; `''` is its root. Throws `SourceError` SOURCE_INVALID for one that is
 * absolute or leads out.
 */
export function checkDirectory(directory: string | undefined): string {
  const parts = (directory ?? '').split('/').filter((part) => part !== '' && part !== '.');
  if (directory?.startsWith('/') || parts.includes('..') || /\p{Cc}/u.test(directory ?? ''))
    throw invalid(`the source's directory ${shorten(directory ?? '')} is not inside the repository`);
  return parts.join('/');
}

function checkName(name: string, what: string): string {
  if (!NAME.test(name)) throw invalid(`${shorten(name)} cannot be the name of a ${what}`);
  return name;
}

function shorten(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

function invalid(message: string): SourceError {
  return new SourceError('SOURCE_INVALID', message);
}
