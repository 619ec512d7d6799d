/** Free text in payloads: what may stand in it, and how much. */
import * as z from 'zod';

/**
 * Control characters but line feed and tab (they steer terminals), surrogates without their other half (no UTF-8 holds them)
 * and the controls of writing direction (they make a text read as another one).
 */
const UNPRINTABLE = /(?![\n\t])[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text for people, of at most `most` UTF-16 code units. What is unprintable in it becomes U+FFFD: a report is not worth
 * less because its explanation quotes an application's strange output.
 */
export function freeText(most: number) {
  return z
    .string()
    .max(most)
    .transform((text) => text.replace(UNPRINTABLE, '\ufffd'));
}

/** The name or address of a host (IPv6 without brackets), without a port. */
export const hostName = z.string().regex(/^(?:[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45})$/);

/** An absolute URL of HTTP or HTTPS without white space, control characters or credentials. */
export const httpUrl = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .regex(/^[^\s\p{Cc}\p{Cs}@]+$/u);
