/**
 * What all payloads share: a version, bounds, and parsers that return a value or a reason but never throw.
 * Whatever arrives on a topic is hostile until one of these parsers has accepted it.
 */
import * as z from 'zod';
import { ID_PATTERN } from '../ids.ts';

/** The version of payload that this code writes; N and N − 1 are read. */
export const PAYLOAD_VERSION = 1;

/** Largest payload accepted on any topic, in bytes. */
export const MAX_PAYLOAD_BYTES = 256 * 1024;

export type PayloadProblem = 'too-large' | 'invalid-utf8' | 'invalid-json' | 'unknown-version' | 'invalid-payload';

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: PayloadProblem; readonly detail: string };

export const id = z.string().regex(ID_PATTERN);
/** Finite and never negative; counts and gauges alike. */
export const nonNegative = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
export const count = z.int().min(0);
/** Named members, each name an id; more than `most` of them are refused. */
export function byId<T extends z.ZodType>(value: T, most: number) {
  return z
    .record(id, value)
    .refine((members) => Object.keys(members).length <= most, `expected at most ${most} entries`);
}
export const version = z.literal(PAYLOAD_VERSION);
/** Total order of what one agent session or one control-plane epoch says. */
export const generation = z.int().min(0);

const decoder = new TextDecoder('utf-8', { fatal: true });

export function problem(kind: PayloadProblem, detail: string): Parsed<never> {
  return { ok: false, problem: kind, detail: detail.slice(0, 300) };
}

/** Decodes UTF-8 and JSON and looks at the version; the caller checks the rest. */
export function parseEnvelope(bytes: Uint8Array): Parsed<Record<string, unknown>> {
  if (bytes.byteLength > MAX_PAYLOAD_BYTES)
    return problem('too-large', `${bytes.byteLength} bytes; at most ${MAX_PAYLOAD_BYTES}`);
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return problem('invalid-utf8', 'the payload is not UTF-8');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return problem('invalid-json', (error as Error).message);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return problem('invalid-payload', 'expected a JSON object');
  const record = value as Record<string, unknown>;
  if (record.v !== PAYLOAD_VERSION)
    return problem(
      'unknown-version',
      `v is ${JSON.stringify(record.v)?.slice(0, 40)}; this program reads ${PAYLOAD_VERSION}`,
    );
  return { ok: true, value: record };
}

/** A parser from a zod schema. Unknown fields are ignored, so that a newer writer can add some. */
export function parserOf<T>(schema: z.ZodType<T>): (bytes: Uint8Array) => Parsed<T> {
  return (bytes) => {
    const envelope = parseEnvelope(bytes);
    if (!envelope.ok) return envelope;
    const result = schema.safeParse(envelope.value);
    if (result.success) return { ok: true, value: result.data };
    const issue = result.error.issues[0];
    return problem('invalid-payload', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
  };
}

/** Serialises a payload. The type is the contract: builders are checked by the compiler, readers by the parsers. */
export function encode(payload: { readonly v: typeof PAYLOAD_VERSION }): Buffer {
  return Buffer.from(JSON.stringify(payload));
}
