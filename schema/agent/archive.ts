/**
 * What agents take of an artifact's archive. Whoever packs one keeps to it, so that what cannot be unpacked is refused by the
 * build and not by each instance. Only ever wider: agents of earlier releases unpack, too.
 */

/** Most files, folders and links. */
export const MAX_ARCHIVE_ENTRIES = 200_000;
/** Longest path of one of them, in UTF-16 code units. */
export const MAX_ARCHIVE_PATH_CHARACTERS = 1024;

/**
 * Whether a symbolic link's target stays inside, by its text. `..` may only lead: after a name that is a link itself it would
 * climb from wherever that link points, which its text does not say.
 *
 * @param linkPath names from the root of the archive to the link, its own the last
 */
export function isTargetInside(linkPath: readonly string[], target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const climbs = parts.findIndex((part) => part !== '..');
  const leading = climbs === -1 ? parts.length : climbs;
  return leading <= linkPath.length - 1 && !parts.slice(leading).includes('..');
}
