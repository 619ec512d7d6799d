/**
 * The files of the console as it was built, a megabyte or two, read once at the start. What is asked for is looked up among their names and
 * never becomes a path: nothing beside them is reached, whatever a request says. Links are no files of a build.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** Below it the names of files hold a digest of their content. */
const ASSETS = 'assets/';
const INDEX = 'index.html';
/** Endings of files that are another file, compressed; best first. */
const COMPRESSED = [
  { encoding: 'br', ending: '.br' },
  { encoding: 'gzip', ending: '.gz' },
] as const;

type Encoding = (typeof COMPRESSED)[number]['encoding'];

export interface ConsoleFile {
  readonly content: Buffer;
  /** The same in each encoding that there is, best first. */
  readonly compressed: ReadonlyMap<Encoding, Buffer>;
  /** A weak entity tag, of the content: the times of files are all the same where npm has unpacked them. */
  readonly tag: string;
  /** Its content never changes under this name. */
  readonly isImmutable: boolean;
}

export interface ConsoleFiles {
  readonly index: ConsoleFile;
  /** All others, by their names below the folder, with slashes. */
  readonly others: ReadonlyMap<string, ConsoleFile>;
}

/** `undefined`: this is a build without a console. */
export async function readConsoleFiles(directory: string): Promise<ConsoleFiles | undefined> {
  const contents = await readAll(directory);
  const files = new Map<string, ConsoleFile>();
  for (const [name, content] of contents) {
    if (COMPRESSED.some(({ ending }) => name.endsWith(ending) && contents.has(name.slice(0, -ending.length)))) continue;
    const compressed = COMPRESSED.flatMap(({ encoding, ending }): [Encoding, Buffer][] => {
      const other = contents.get(name + ending);
      return other === undefined ? [] : [[encoding, other]];
    });
    files.set(name, {
      content,
      compressed: new Map(compressed),
      tag: `W/"${createHash('sha256').update(content).digest('base64url')}"`,
      isImmutable: name.startsWith(ASSETS),
    });
  }
  const index = files.get(INDEX);
  files.delete(INDEX);
  return index && { index, others: files };
}

async function readAll(directory: string): Promise<ReadonlyMap<string, Buffer>> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const names = files.map(({ parentPath, name }) => relative(directory, join(parentPath, name)).replaceAll(sep, '/'));
    const shown = names.filter((name) => !/(?:^|\/)\./.test(name));
    return new Map(
      await Promise.all(shown.map(async (name) => [name, await readFile(join(directory, name))] as const)),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
}
