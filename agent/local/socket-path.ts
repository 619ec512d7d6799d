/** A path for a Unix socket that is short enough: the kernel takes 107 bytes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const MAX_SOCKET_PATH_BYTES = 107;

/** `agent.sock` in the instance's directory, or, when that path is too long, in a new private folder (0700) for temporary files. */
export function socketPath(directory: string): string {
  const path = join(directory, 'agent.sock');
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return path;
  return join(mkdtempSync(join(tmpdir(), 'cartwright-')), 'agent.sock');
}

/** Removes the folder that was made for the socket, if one was. */
export function releaseSocketPath(path: string, directory: string): void {
  if (dirname(path) !== directory) rmSync(dirname(path), { recursive: true, force: true });
}
