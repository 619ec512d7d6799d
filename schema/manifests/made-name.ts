/** Names that are made of others, so that nobody has to think of one. */
const LONGEST_NAME = 40;

/** A valid name made of that of a folder or repository; empty when nothing of it can be used. */
export function madeName(from: string): string {
  return from
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, LONGEST_NAME)
    .replace(/-+$/, '');
}

/** The last part of a repository's URL, without `.git`. */
export function repositoryName(url: string): string {
  const path = url.replace(/[?#].*$/, '').replace(/\/+$/, '');
  return (path.split(/[/:]/).at(-1) ?? '').replace(/\.git$/, '');
}
