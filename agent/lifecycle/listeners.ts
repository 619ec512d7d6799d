/** What a group of processes listens on, asked of the kernel: the usual reason why an application never gets ready. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isVanished } from '../telemetry/reused-file.ts';

export interface Listener {
  readonly host: string;
  readonly port: number;
}

const LISTEN = '0A';

function littleEndianWords(hex: string): number[] {
  const bytes: number[] = [];
  for (let word = 0; word < hex.length; word += 8)
    for (let byte = 6; byte >= 0; byte -= 2) bytes.push(parseInt(hex.slice(word + byte, word + byte + 2), 16));
  return bytes;
}

function addressText(hex: string): string {
  const bytes = littleEndianWords(hex);
  if (bytes.length === 4) return bytes.join('.');
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (isMapped) return bytes.slice(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[2 * index]! << 8) | bytes[2 * index + 1]!).toString(16),
  );
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

/** Listening sockets by inode from `/proc/net/tcp` or `tcp6`. (Words are in the order of a little-endian machine.) */
export function parseListeners(text: string): Map<string, Listener> {
  const listeners = new Map<string, Listener>();
  for (const line of text.split('\n')) {
    const match =
      /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) \S+ \S+ \S+ +\d+ +\d+ (\d+)/.exec(
        line,
      );
    if (match?.[3] !== LISTEN) continue;
    listeners.set(match[4]!, { host: addressText(match[1]!), port: parseInt(match[2]!, 16) });
  }
  return listeners;
}

function socketInodes(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  const inodes: string[] = [];
  try {
    for (const name of readdirSync(folder)) {
      const match = /^socket:\[(\d+)\]$/.exec(linkOf(`${folder}/${name}`));
      if (match) inodes.push(match[1]!);
    }
  } catch (error) {
    if (!isVanished(error)) throw error;
  }
  return inodes;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (isVanished(error)) return '';
    throw error;
  }
}

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

/**
 * Whether any of the processes listens on the port. For each table the kernel walks all that it has of connections, which takes
 * milliseconds: the second is read only when the first does not say so.
 */
export function listensOn(pids: readonly number[], port: number): boolean {
  const inodes = new Set(pids.flatMap(socketInodes));
  return TABLES.some((table) =>
    [...parseListeners(readTable(table))].some(([inode, listener]) => listener.port === port && inodes.has(inode)),
  );
}

/** TCP sockets that any of the processes listens on, each once. */
export function listenersOf(pids: readonly number[]): Listener[] {
  const all = new Map<string, Listener>();
  for (const file of TABLES) {
    for (const [inode, listener] of parseListeners(readTable(file))) all.set(inode, listener);
  }
  const found = new Map<string, Listener>();
  for (const inode of pids.flatMap(socketInodes)) {
    const listener = all.get(inode);
    if (listener) found.set(`${listener.host} ${listener.port}`, listener);
  }
  return [...found.values()];
}

/** Whether the kernel lets this agent see what all of the processes have open (it does not after a change of user). */
export function isInspectable(pids: readonly number[]): boolean {
  return pids.every((pid) => {
    try {
      readdirSync(`/proc/${pid}/fd`);
      return true;
    } catch (error) {
      if (!isVanished(error)) throw error;
      return (error as NodeJS.ErrnoException).code !== 'EACCES';
    }
  });
}

function readTable(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (isVanished(error)) return '';
    throw error;
  }
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Whether a socket takes connections to the expected address. */
export function serves(listener: Listener, expected: Listener): boolean {
  if (listener.port !== expected.port) return false;
  return isWildcard(listener.host) || listener.host === expected.host;
}

/** `127.0.0.1:3000`, `[::1]:3000`. */
export function listenerText({ host, port }: Listener): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
