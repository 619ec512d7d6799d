/** What a commit holds, judged before anything of it is written. */
import { SourceError } from '../../app/errors.ts';
import type { Mirror } from './mirror.ts';

const MAX_ENTRIES = 250_000;
/** What Linux takes for one name; of paths 4096 bytes, with the folder that they are written to. */
export const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 3000;
const decoder = new TextDecoder('utf-8', { fatal: true });

export interface TreeEntry {
  /** Relative to the folder that was asked for. */
  readonly path: string;
  readonly kind: 'file' | 'program' | 'link';
  /** Id of its content. */
  readonly object: string;
  readonly bytes: number;
}

/**
 * The files and links of a commit's folder. Throws `SourceError`: GIT_PATH_NOT_FOUND; GIT_UNSUPPORTED for submodules;
 * SOURCE_INVALID for names that leave the tree or are not UTF-8, and for more than `maximumBytes` of content.
 */
export async function listTree(
  mirror: Mirror,
  commit: string,
  directory: string,
  maximumBytes: number,
): Promise<TreeEntry[]> {
  const tree = `${commit}:${directory}`;
  if (directory !== '') {
    const type = await mirror.local(['cat-file', '-t', tree]);
    const found = type.code === 0 ? type.stdout.toString().trim() : 'nothing';
    if (found !== 'tree') {
      const what = found === 'blob' ? 'is a file' : 'does not exist';
      throw new SourceError(
        'GIT_PATH_NOT_FOUND',
        `the folder "${directory}" ${what} in the commit ${commit.slice(0, 12)}`,
      );
    }
  }
  const listed = await mirror.local(['ls-tree', '-r', '-z', '--long', '--full-tree', tree]);
  if (listed.code !== 0) throw new SourceError('SOURCE_INVALID', `the commit ${commit} cannot be listed`);
  const entries = lines(listed.stdout).map(readEntry);
  if (entries.length > MAX_ENTRIES)
    throw new SourceError('SOURCE_INVALID', `the source has ${entries.length} files; at most ${MAX_ENTRIES} are taken`);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (bytes > maximumBytes)
    throw new SourceError('SOURCE_INVALID', `the source has ${bytes} bytes; at most ${maximumBytes} are taken`);
  return entries;
}

function lines(output: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let start = 0;
  for (let end = output.indexOf(0, start); end >= 0; end = output.indexOf(0, start)) {
    found.push(output.subarray(start, end));
    start = end + 1;
  }
  return found;
}

/** `<mode> SP <type> SP <object> SP+ <size> TAB <path>`, from git-ls-tree(1). */
function readEntry(line: Buffer): TreeEntry {
  const tab = line.indexOf(9);
  const [mode = '', type = '', object = '', size = ''] = line.subarray(0, tab).toString('latin1').split(/ +/);
  const path = nameOf(line.subarray(tab + 1));
  if (type === 'commit' || mode === '160000')
    throw new SourceError(
      'GIT_UNSUPPORTED',
      `"${path}" is a submodule, which is not supported; put its files into the repository`,
    );
  const kind = mode === '120000' ? 'link' : mode === '100755' ? 'program' : 'file';
  return { path, kind, object, bytes: Number(size) };
}

function nameOf(bytes: Buffer): string {
  let path: string;
  try {
    path = decoder.decode(bytes);
  } catch {
    throw new SourceError(
      'SOURCE_INVALID',
      `the name ${JSON.stringify(bytes.toString('latin1').slice(0, 200))} is not UTF-8`,
    );
  }
  const parts = path.split('/');
  const isBad = parts.some((part) => ['', '.', '..'].includes(part) || part.toLowerCase() === '.git');
  const isLong = bytes.length > MAX_PATH_BYTES || parts.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES);
  if (isBad || isLong)
    throw new SourceError(
      'SOURCE_INVALID',
      `the repository holds ${JSON.stringify(path.slice(0, 200))}, a name that ${isBad ? 'may not be' : 'is too long for files'}`,
    );
  return path;
}
