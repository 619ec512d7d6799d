/** Fetches an archive into a file, resumed where it broke off, its digest verified while it streams. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { ArtifactSlot } from '../../schema/mqtt/desired.ts';
import { Fault } from '../lifecycle/faults.ts';
import { httpGet, HttpError } from './http.ts';
import { tryInTurn, type Persistence } from './retry.ts';

/** How long it is tried before giving up; the caller tries again later. */
export interface DownloadOptions extends Persistence {
  /** What is shown at a URL. */
  readonly token: (url: string) => string;
  readonly signal: AbortSignal;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

async function hashOf(path: string, bytes: number): Promise<Hash> {
  const hash = createHash('sha256');
  if (bytes > 0) {
    for await (const chunk of createReadStream(path, { end: bytes - 1 }) as AsyncIterable<Buffer>) hash.update(chunk);
  }
  return hash;
}

/** Whether an answer carries on from where the file ends; otherwise it begins at the beginning. */
function continuesAt(response: IncomingMessage, offset: number): boolean {
  return response.statusCode === 206 && response.headers['content-range']?.startsWith(`bytes ${offset}-`) === true;
}

async function append(
  response: IncomingMessage,
  file: FileHandle,
  start: number,
  hash: Hash,
  most: number,
): Promise<number> {
  let position = start;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (position + chunk.length > most) {
      response.destroy();
      throw new Fault('artifact-digest-mismatch', `the archive is longer than the ${most} bytes that were announced`);
    }
    await file.write(chunk, 0, chunk.length, position);
    hash.update(chunk);
    position += chunk.length;
  }
  return position;
}

async function fetchOnce(url: string, slot: ArtifactSlot, path: string, options: DownloadOptions): Promise<void> {
  const offset = Math.min(await sizeOf(path), slot.bytes);
  const resumes = offset > 0;
  let hash = await hashOf(path, offset);
  let length = offset;
  if (offset < slot.bytes || slot.bytes === 0) {
    const headers = resumes ? { range: `bytes=${offset}-` } : {};
    const response = await httpGet(url, { token: options.token(url), signal: options.signal, headers });
    const continues = resumes && continuesAt(response, offset);
    if (!continues && response.statusCode !== 200) {
      response.destroy();
      await rm(path, { force: true });
      throw new HttpError(url, response.statusCode ?? 0);
    }
    if (!continues) hash = createHash('sha256');
    const file = await open(path, continues ? 'r+' : 'w', 0o600);
    try {
      length = await append(response, file, continues ? offset : 0, hash, slot.bytes);
    } finally {
      await file.close();
    }
  }
  if (length < slot.bytes) throw new Error(`${url} ended after ${length} of ${slot.bytes} bytes`);
  const digest = `sha256-${hash.digest('hex')}`;
  if (digest === slot.digest) return;
  await rm(path, { force: true });
  throw new Fault('artifact-digest-mismatch', `${url} answered with ${digest}; expected ${slot.digest}`);
}

function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Fault('artifact-disk-full', `no space for the archive: ${message}. Free space on the machine`, {
      cause: error,
    });
  return new Fault('artifact-fetch-failed', `the archive could not be fetched: ${message}`, { cause: error });
}

/**
 * Leaves the verified archive in `path`. What was fetched stays there when it breaks off, and is carried on from next time.
 * Rejects with a {@link Fault}, or with the signal's reason.
 */
export async function downloadArchive(slot: ArtifactSlot, path: string, options: DownloadOptions): Promise<void> {
  const attempt = (url: string) =>
    fetchOnce(url, slot, path, options).catch((error: unknown) => {
      throw options.signal.aborted ? error : asFault(error);
    });
  await tryInTurn(slot.urls, options.signal, attempt, options);
}
