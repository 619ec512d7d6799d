/** What a server lists of its references, and which commit a name points at by it. */
import type { Reference } from './reference.ts';

type Named = Exclude<Reference, { kind: 'commit' }>;

export interface Pointed {
  readonly commit: string;
  /** Full name, as it is fetched. */
  readonly name: string;
  /** As people say it. */
  readonly shortName: string;
}

export interface Listed {
  readonly ids: ReadonlyMap<string, string>;
  /** What HEAD stands for, where the server says so. */
  readonly head: string | undefined;
}

/** `<id> TAB <name>` and `ref: <name> TAB HEAD`, from git-ls-remote(1). */
export function readListed(text: string): Listed {
  const ids = new Map<string, string>();
  let head: string | undefined;
  for (const line of text.split('\n')) {
    const [left, name] = line.split('\t');
    if (left === undefined || name === undefined) continue;
    if (left.startsWith('ref: ') && name === 'HEAD') head = left.slice(5);
    else if (/^[0-9a-f]{40}$/.test(left)) ids.set(name, left);
  }
  return { ids, head };
}

/** The full name of a reference, and what git is asked for to learn what it points at. */
export function namesOf(reference: Named): { name: string; patterns: string[] } {
  if (reference.kind === 'default') return { name: 'HEAD', patterns: ['HEAD'] };
  const name = `refs/${reference.kind === 'branch' ? 'heads' : 'tags'}/${reference.name}`;
  return { name, patterns: [name, `${name}^{}`] };
}

/** Names are compared whole: git's patterns also match the ends of longer names. */
export function pointedAt({ ids, head }: Listed, reference: Named): Pointed | undefined {
  const { name } = namesOf(reference);
  // An annotated tag is an object of its own; `^{}` is the commit behind it.
  const commit = ids.get(`${name}^{}`) ?? ids.get(name);
  if (commit === undefined) return undefined;
  const shortName = reference.kind === 'default' ? (head?.replace(/^refs\/heads\//, '') ?? 'HEAD') : reference.name;
  return { commit, name, shortName };
}
