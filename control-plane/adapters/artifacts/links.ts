/** Symbolic links that may be followed: those that end, at every step, inside the tree that holds them. */
import { readlink } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/** As many as the kernel follows (ELOOP). */
const MAX_HOPS = 40;

async function targetOf(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EINVAL' || code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/**
 * Whether a link, resolved as the kernel does it (through other links, `..` after them), stays inside `root`. What does not
 * exist is resolved by its name. An absolute target or a circle does not stay inside.
 *
 * @param root absolute path of the tree
 * @param link path of the link, relative to the root
 */
export async function staysInside(root: string, link: string): Promise<boolean> {
  let ahead = link.split('/');
  const at: string[] = [];
  let hops = 0;
  while (ahead.length > 0) {
    const [part = '', ...rest] = ahead;
    ahead = rest;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (at.pop() === undefined) return false;
      continue;
    }
    at.push(part);
    const target = await targetOf(join(root, ...at));
    if (target === undefined) continue;
    hops += 1;
    if (hops > MAX_HOPS || isAbsolute(target)) return false;
    at.pop();
    ahead = [...target.split('/'), ...ahead];
  }
  return true;
}
