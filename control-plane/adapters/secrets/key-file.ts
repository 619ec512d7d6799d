/**
 * The file of keys that secrets are encrypted with. One key a line, oldest first: `ID CREATED KEY`, where KEY is base64 of 32
 * random bytes and ID the first 16 hex digits of their SHA-256, so that a line that was damaged or mixed up is found at once.
 * Empty lines and lines that begin with `#` mean nothing.
 */
import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CartwrightError } from '../../app/errors.ts';

export interface SecretKey {
  readonly id: string;
  /** RFC 3339, as it stands in the file. */
  readonly createdAt: string;
  /** 32 of them. */
  readonly bytes: Buffer;
}

const KEY_BYTES = 32;
const ID_DIGITS = 16;
const LARGEST_FILE_BYTES = 64 * 1024;
const HEADER = [
  "# The keys that encrypt Cartwright's secrets. The last one encrypts, all of them decrypt.",
  '# Without its key a secret cannot be read again: keep a copy of this file apart from the database.',
];

/** A new key from the system's source of randomness. `now`: milliseconds since the epoch. */
function newKey(now: number): SecretKey {
  const bytes = randomBytes(KEY_BYTES);
  return { id: idOf(bytes), createdAt: new Date(now).toISOString(), bytes };
}

/**
 * The keys of a file, oldest first; `undefined` when there is no such file.
 * Throws `CartwrightError` with KEY_FILE_TOO_OPEN, KEY_FILE_UNREADABLE or KEY_FILE_INVALID; never with a key.
 */
export async function readKeyFile(path: string): Promise<SecretKey[] | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
  try {
    await checkFile(path, file);
    return parseKeys(path, await file.readFile('utf8'));
  } catch (error) {
    throw error instanceof CartwrightError ? error : unreadable(path, error);
  } finally {
    await file.close();
  }
}

/** Makes the file with one key. When another process made it meanwhile, that one stays; the keys are those in the file. */
export async function createKeyFile(path: string, now: number): Promise<SecretKey[]> {
  await writeBeside(path, [...HEADER, lineOf(newKey(now))], async (beside) => {
    await link(beside, path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  });
  const keys = await readKeyFile(path);
  if (keys === undefined) throw notWritable(path, new Error('it was removed again'));
  return keys;
}

/** Adds a key behind those that are there, and makes the file when there is none. The file is the old or the new one, never a part. */
export async function addKey(path: string, now: number): Promise<SecretKey[]> {
  const present = await readKeyFile(path);
  if (present === undefined) return createKeyFile(path, now);
  const keys = [...present, newKey(now)];
  await writeBeside(path, [...HEADER, ...keys.map(lineOf)], (beside) => rename(beside, path));
  return keys;
}

async function checkFile(path: string, file: FileHandle): Promise<void> {
  const { mode, uid, size } = await file.stat();
  const others = mode & 0o077;
  if (others !== 0)
    throw new CartwrightError(
      'KEY_FILE_TOO_OPEN',
      `the key file ${path} can be read or changed by others (mode ${(mode & 0o777).toString(8).padStart(4, '0')}); run "chmod 600 ${path}", and rotate the key if somebody may have read it`,
    );
  if (uid !== 0 && uid !== process.geteuid?.())
    throw new CartwrightError(
      'KEY_FILE_TOO_OPEN',
      `the key file ${path} belongs to the user ${uid}, who can change it; it has to belong to the user that runs the control plane, or to root`,
    );
  if (size > LARGEST_FILE_BYTES)
    throw new CartwrightError('KEY_FILE_INVALID', `${path} has ${size} bytes: that is no key file`);
}

function parseKeys(path: string, text: string): SecretKey[] {
  const keys: SecretKey[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [id = '', createdAt = '', encoded = '', ...more] = line.trim().split(/\s+/);
    const bytes = Buffer.from(encoded, 'base64');
    if (more.length > 0 || bytes.length !== KEY_BYTES || id !== idOf(bytes) || Number.isNaN(Date.parse(createdAt)))
      throw new CartwrightError(
        'KEY_FILE_INVALID',
        `line ${index + 1} of the key file ${path} is damaged: expected "ID CREATED KEY" as "cartwright keys rotate" writes it; restore the file from its copy`,
      );
    if (keys.every((key) => key.id !== id)) keys.push({ id, createdAt, bytes });
  }
  if (keys.length > 0) return keys;
  throw new CartwrightError('KEY_FILE_INVALID', `the key file ${path} holds no key; restore it from its copy`);
}

function idOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, ID_DIGITS);
}

function lineOf({ id, createdAt, bytes }: SecretKey): string {
  return `${id} ${createdAt} ${bytes.toString('base64')}`;
}

/** Writes a file of mode 0600 beside the path, which `place` puts there. Both are on the disk when it resolves. */
async function writeBeside(
  path: string,
  lines: readonly string[],
  place: (beside: string) => Promise<void>,
): Promise<void> {
  const folder = dirname(path);
  const beside = `${path}.${process.pid}.new`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await rm(beside, { force: true });
    try {
      await sync(await open(beside, 'wx', 0o600), (file) => file.writeFile(`${lines.join('\n')}\n`));
      await place(beside);
    } finally {
      await rm(beside, { force: true });
    }
    await sync(await open(folder, constants.O_RDONLY));
  } catch (error) {
    throw notWritable(path, error);
  }
}

async function sync(
  file: FileHandle,
  write: (file: FileHandle) => Promise<void> = async () => undefined,
): Promise<void> {
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

function notWritable(path: string, error: unknown): CartwrightError {
  return new CartwrightError(
    'KEY_FILE_NOT_WRITABLE',
    `the key file ${path} cannot be written: ${(error as Error).message}; name another with CARTWRIGHT_KEY_FILE`,
    { cause: error },
  );
}

function unreadable(path: string, error: unknown): CartwrightError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new CartwrightError(
    'KEY_FILE_UNREADABLE',
    `the key file ${path} cannot be read: ${code === 'EISDIR' ? 'it is a folder' : message}; CARTWRIGHT_KEY_FILE names it`,
    { cause: error },
  );
}
