/** The envelope that all manifests share. */
import * as z from 'zod';
import { NAME_PATTERN } from '../ids.ts';

export const API_VERSION = 'cartwright.dev/v1';

export const name = z
  .string()
  .regex(
    NAME_PATTERN,
    'expected 1 to 40 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen',
  )
  .describe('Lower-case letters, digits and hyphens, beginning with a letter; at most 40.');

const texts = z.record(z.string().max(253), z.string().max(4096));

const metadata = z.strictObject({
  name,
  tenant: name.optional().describe('The tenant that owns the object; the caller’s own if absent.'),
  labels: texts.optional(),
  annotations: texts.optional(),
});

export function manifest<const K extends string, S extends z.ZodType>(kind: K, spec: S) {
  return z.strictObject({ apiVersion: z.literal(API_VERSION), kind: z.literal(kind), metadata, spec });
}

/** What a program can be given: the end of an argument or a variable is a NUL character. */
export const argument = z.string().regex(/^[^\0]*$/, 'expected a text without NUL characters');

/** A duration in seconds, positive. */
export const seconds = z.number().positive().max(86_400);
