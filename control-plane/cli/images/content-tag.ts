/** The tag of an image is a digest over what goes into it: what did not change has its image already. */
import { createHash } from 'node:crypto';
import type { ContextEntry } from './context.ts';

/** Raised when the same content is to be built otherwise. */
const FORM = 'cartwright-image 1';
const LONGEST_VERSION = 60;

export interface ImageContent {
  /** Of the cartridge or the agent; the beginning of the tag. */
  readonly version: string;
  readonly dockerfile: string;
  readonly entries: readonly ContextEntry[];
  readonly labels: Readonly<Record<string, string>>;
  /** What the agent in it is known by: the tag of its content, or a reference; `null` for the agent itself. */
  readonly agent: string | null;
}

/** `1.0.0-9f86d081884c7d65`: the version, and 16 digits of the digest. Times, owners and places on this machine do not count. */
export function contentTag({ version, dockerfile, entries, labels, agent }: ImageContent): string {
  const hash = createHash('sha256');
  // Each with its length, so that no two contents are written as the same text.
  const add = (...parts: readonly string[]): void => {
    for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  };
  add(FORM, version, dockerfile, agent ?? '');
  for (const [name, value] of Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))) add('label', name, value);
  for (const entry of entries) {
    if (entry.kind === 'link') add('link', entry.path, entry.target);
    else add(entry.isExecutable ? 'program' : 'file', entry.path, entry.digest);
  }
  // Of the characters that a tag may have, and not with a dot or a hyphen first.
  const readable = version
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, LONGEST_VERSION);
  return `${readable === '' ? 'v' : readable}-${hash.digest('hex').slice(0, 16)}`;
}
