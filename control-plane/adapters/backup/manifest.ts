/** What a backup says of itself, in the first entry of its archive: every file with its digest, every table with its rows. */
import { z } from 'zod';
import { CartwrightError } from '../../app/errors.ts';

export const MANIFEST_FILE = 'manifest.json';
export const DATABASE_FILE = 'cartwright.db';
/** Which tenant has which user id of the machine; not in every backup. */
export const USERS_FILE = 'tenant-users.json';
const ARTIFACT_FILE = /^artifacts\/sha256-([0-9a-f]{64})\.[a-z.]{1,10}$/;

const count = z.number().int().nonnegative();
const schema = z.object({
  v: z.literal(1),
  /** The version that made it. */
  cartwright: z.string().max(100),
  createdAt: z.iso.datetime(),
  /** The migrations that the database has had. */
  migrations: z.array(z.string().max(200)).min(1),
  rows: z.record(z.string(), count),
  files: z.array(z.object({ path: z.string(), bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) })).min(1),
  /** Names the key that secrets are encrypted with. The key is in no backup. */
  keyReference: z.string().max(200).nullable(),
});

export type BackupManifest = z.infer<typeof schema>;

/** Throws `CartwrightError` BACKUP_INVALID. */
export function parseManifest(text: string): BackupManifest {
  try {
    const manifest = schema.parse(JSON.parse(text));
    const paths = manifest.files.map(({ path }) => path);
    const isWhole = paths.filter((path) => path === DATABASE_FILE).length === 1 && new Set(paths).size === paths.length;
    if (!isWhole || !paths.every(isBackupPath)) throw new Error('its list of files is not that of a backup');
    return manifest;
  } catch (error) {
    throw invalid(`its manifest cannot be read (${(error as Error).message.split('\n', 1)[0]})`, error);
  }
}

/** How many of its files are artifacts. */
export function artifactsOf({ files }: BackupManifest): number {
  return files.filter(({ path }) => promisedDigest(path) !== undefined).length;
}

export function isBackupPath(path: string): boolean {
  return path === DATABASE_FILE || path === USERS_FILE || ARTIFACT_FILE.test(path);
}

/** The digest that an artifact's name promises; `undefined` for what is named otherwise. */
export function promisedDigest(path: string): string | undefined {
  return ARTIFACT_FILE.exec(path)?.[1];
}

export function invalid(what: string, cause?: unknown): CartwrightError {
  return new CartwrightError(
    'BACKUP_INVALID',
    `this is no whole backup: ${what}. Nothing was changed; take another one`,
    cause === undefined ? {} : { cause },
  );
}
