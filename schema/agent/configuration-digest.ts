/** One byte sequence for each release configuration, so that its digest means the same to whoever computes it. */
import { createHash } from 'node:crypto';
import type { ReleaseConfiguration } from './instance.ts';

/** JSON without white space, the fields of every object sorted by their UTF-16 code units (as in RFC 8785); `undefined` left out. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`);
  return `{${fields.join(',')}}`;
}

/** The text that agents fetch, and the SHA-256 (hex) of its UTF-8 bytes. */
export function canonicalConfiguration(configuration: ReleaseConfiguration): { body: string; digest: string } {
  const body = canonicalJson(configuration);
  return { body, digest: createHash('sha256').update(body, 'utf8').digest('hex') };
}
